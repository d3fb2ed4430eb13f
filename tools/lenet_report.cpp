// lenet_report: writes a page about runs.
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "engine/device/devices.hpp"
#include "engine/figures/figure.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/report_options.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/report/report.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

/// Throws before the work is done whose result could not be written.
void require_writable(const ReportOptions& options) {
  require_place_for_file(options.out);
  require_new_file(options.out, options.force);
  if (const std::string failure = figures::drawing_failure(); !failure.empty()) throw IoError(failure);
}

/// Returns the folder of a run, which may also be named by its best.bin. Throws UsageError if there is
/// nothing of this name.
fs::path folder_of(const std::string& run) {
  const fs::path path = run;
  std::error_code ignored;  // reading the run says what is wrong
  const fs::path folder = path.filename() == "best.bin" ? path.parent_path() : path;
  if (!is_run(folder.empty() ? "." : folder) && !fs::exists(path, ignored))
    throw UsageError(run + ": is no run: it has no config.toml");
  return folder.empty() ? "." : folder;
}

/// "runs/cnn-1", "runs/cnn-1/" → "cnn-1".
std::string name_of_folder(const fs::path& folder) {
  std::error_code ignored;  // without a working directory the name stays as it is
  const fs::path path = fs::absolute(folder, ignored).lexically_normal();
  return (path.filename().empty() ? path.parent_path() : path).filename().string();
}

/// Returns the names of the folders, or where two have the same name, the paths that the user gave.
std::vector<std::string> names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) names.push_back(name_of_folder(folder));
  std::vector<std::string> distinct;
  for (std::size_t i = 0; i < names.size(); ++i)
    distinct.push_back(std::ranges::count(names, names[i]) > 1 ? folders[i].string() : names[i]);
  return distinct;
}

report::RunFiles read_run(const fs::path& folder) {
  if (!is_run(folder)) throw UsageError(folder.string() + ": is no run: it has no config.toml");
  return report::read_run(folder);
}

/// Warns of a run that cannot be read, and returns nullopt. Throws what is wrong with it if it is the only
/// one.
std::optional<report::RunFiles> read_or_leave_out(const fs::path& folder, bool is_only) try {
  return read_run(folder);
} catch (const Error& error) {
  if (is_only) throw;
  warn(fmt::format("{}; it is left out", error.what()));
  return std::nullopt;
}

report::Report evaluated(const ReportOptions& options) {
  std::vector<fs::path> folders;
  for (const std::string& run : options.runs) folders.push_back(folder_of(run));
  const std::vector<std::string> names = names_of(folders);
  report::Report made{
      .title = options.title, .author = options.author.value_or(""), .made = std::time(nullptr), .runs = {}};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    std::optional<report::RunFiles> run = read_or_leave_out(folders[i], folders.size() == 1);
    if (!run) continue;
    made.runs.push_back(
        report::evaluate_run(std::move(*run), options.images, options.device,
                             {.count = options.count, .seed = static_cast<std::uint64_t>(options.seed)}));
    made.runs.back().name = names[i];
  }
  if (made.runs.empty()) throw Error("there is no run left to report on");
  return made;
}

int report_program(int argc, const char* const* argv) {
  const ReportOptions options = read_report_options(argc, argv);
  if (answered(options.questions, report_manual)) return 0;
  device::parse_device(options.device.device);  // reports errors of the command line first
  require_writable(options);
  const report::Report report = evaluated(options);
  const std::string page = report::report_html(report);
  write_file_atomically(options.out, page);
  std::cout << for_output(fmt::format("{}: {} run{}, {}\n", printable(options.out), report.runs.size(),
                                      report.runs.size() == 1 ? "" : "s",
                                      bytes_text(static_cast<std::int64_t>(page.size()))));
  return 0;
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_report", lenet::cli::report_program, lenet::cli::report_manual, argc,
                                 argv);
}
