// Times each CUDA kernel by itself, at the CNN's sizes, and prints the share of the memory bandwidth that it
// reaches.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/number.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/handles.hpp"
#include "tools/bench/kernel_cases.hpp"
#include "tools/bench/kernel_timing.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/program_options.hpp"
#include "tools/cli/terminal.hpp"

namespace lenet::cli {
namespace {

struct KernelBenchOptions {
  std::string device = "cuda";
  std::int64_t batch = 50;
  std::int64_t repeats = 100;
  bool once = false;
  bool json = false;
  ProgramQuestions questions;
};

OptionSet option_set(KernelBenchOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"batch", "N", "What is timed", "images per step", "50", &o.batch}.within({.lowest = 1, .highest = 10'000}),
      Option{"repeats", "N", "What is timed", "launches; the median is shown", "100", &o.repeats}.within({.lowest = 1, .highest = 1e6}),
      Option{"once", "", "What is timed", "nothing: launch each once, for compute-sanitizer", "off", &o.once}.only_flag(),
      Option{"device", "NAME", "Device", "cuda, cuda:N or N", "cuda", &o.device},
      Option{"json", "", "Output", "one JSON object", "off", &o.json}.only_flag(),
      help_option("Output", &o.questions.help),
      version_option("Output", &o.questions.version),
  });
  // clang-format on
}

struct TimedCase {
  const bench::KernelCase& kernel;
  bench::LaunchTime microseconds;

  double cold_bytes_per_second() const {
    return static_cast<double>(kernel.bytes) / (1e-6 * microseconds.cold);
  }
  /// Returns 0 if the peak is unknown.
  double share_of(const bench::DevicePeak& peak) const {
    return peak.bytes_per_second > 0 ? cold_bytes_per_second() / peak.bytes_per_second : 0;
  }
  double flop_per_second() const { return static_cast<double>(kernel.flop) / (1e-6 * microseconds.replayed); }
};

nlohmann::ordered_json json_of(const TimedCase& timed, const bench::DevicePeak& peak) {
  nlohmann::ordered_json json = {{"kernel", timed.kernel.launcher},
                                 {"where", timed.kernel.where},
                                 {"elements", timed.kernel.elements},
                                 {"cold_us", timed.microseconds.cold},
                                 {"replayed_us", timed.microseconds.replayed},
                                 {"bytes", timed.kernel.bytes},
                                 {"gb_per_second", timed.cold_bytes_per_second() * 1e-9},
                                 {"share_of_peak", timed.share_of(peak)}};
  if (timed.kernel.flop > 0) json["gflop_per_second"] = timed.flop_per_second() * 1e-9;
  return json;
}

/// The columns of the table: their headings, widths and sides.
struct BenchColumn {
  const char* heading;
  int width;
  Side side = Side::right;
};
constexpr std::array kColumns = {BenchColumn{"kernel", 24, Side::left},
                                 BenchColumn{"where", 26, Side::left},
                                 BenchColumn{"elements", 9, Side::left},
                                 BenchColumn{"cold µs", 7},
                                 BenchColumn{"replayed µs", 11},
                                 BenchColumn{"bytes", 11},
                                 BenchColumn{"GB/s", 6},
                                 BenchColumn{"of peak", 7}};

/// Prints a row. Where it does not fit the terminal, all rows are folded between the same columns.
void print_row(const std::array<std::string, kColumns.size()>& cells, const std::string& note = "") {
  const int terminal = output_columns();
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < cells.size(); ++i)
    parts.push_back(columns(cells[i]) > kColumns[i].width
                        ? cells[i]
                        : fitted(cells[i], kColumns[i].width, kColumns[i].side));
  if (!note.empty()) parts.push_back(note);
  std::cout << folded(parts, terminal == 0 ? 0 : terminal - 1) << std::flush;
}

void print(const TimedCase& timed, const bench::DevicePeak& peak) {
  const double share = timed.share_of(peak);
  print_row(
      {timed.kernel.launcher, timed.kernel.where, timed.kernel.elements,
       fmt::format("{:.2f}", timed.microseconds.cold), fmt::format("{:.2f}", timed.microseconds.replayed),
       fmt::to_string(timed.kernel.bytes), fmt::format("{:.0f}", timed.cold_bytes_per_second() * 1e-9),
       share > 0 ? fmt::format("{:.1f} %", 100 * share) : "–"},
      timed.kernel.flop > 0 ? fmt::format("{:.0f} GFLOP/s", timed.flop_per_second() * 1e-9) : "");
}

void print_heading() {
  std::array<std::string, kColumns.size()> headings;
  std::ranges::transform(kColumns, headings.begin(), &BenchColumn::heading);
  print_row(headings);
}

int launch_once(const bench::KernelCases& cases) {
  const cuda::Stream stream;
  for (const bench::KernelCase& kernel : cases.cases()) {
    LENET_CHECK(kernel.launch(stream.get()));
    LENET_CHECK(cudaStreamSynchronize(stream.get()));
  }
  fmt::print(std::cout, "{} kernels ran\n", cases.cases().size());
  return 0;
}

/// Returns the index of a CUDA device. Not by the registry of devices, which brings the CPU backend along.
/// Throws UsageError if the name is not one of a CUDA device.
int cuda_index(std::string_view name) {
  std::string_view index = name == "cuda" ? "0" : name;
  if (index.starts_with("cuda:")) index.remove_prefix(5);
  if (const auto number = parse_number<int>(index); number && *number >= 0) return *number;
  throw UsageError(fmt::format("--device {}: kernels run on cuda, cuda:N or N", name));
}

std::string peak_text(const bench::DevicePeak& peak) {
  if (peak.bytes_per_second > 0) return fmt::format("{:.0f} GB/s at most", peak.bytes_per_second * 1e-9);
  return "GB/s at most unknown (the driver reports no memory clock)";
}

int bench(const KernelBenchOptions& options) {
  const bench::DevicePeak peak = bench::open_for_timing(cuda_index(options.device));
  const bench::KernelCases cases({.batch = options.batch});
  if (options.once) return launch_once(cases);
  bench::LaunchTimer timer(peak.l2_bytes, options.repeats);
  const double overhead = timer.overhead();

  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  if (!options.json) {
    std::cout << for_output(fmt::format("{}, {}, {} MiB of L2; batch {}; medians of {}\n", peak.name,
                                        peak_text(peak), peak.l2_bytes >> 20, options.batch,
                                        options.repeats));
    std::cout << for_output(fmt::format(
        "cold: L2 overwritten before; {:.2f} µs of it are the timing's overhead. GB/s and the share of the "
        "peak are cold.\nreplayed: one of 50 in a CUDA graph; FLOP/s are replayed.\n\n",
        overhead));
    print_heading();
  }
  for (const bench::KernelCase& kernel : cases.cases()) {
    const TimedCase timed{kernel, timer.time(kernel.launch)};
    if (options.json)
      rows.push_back(json_of(timed, peak));
    else
      print(timed, peak);
  }
  if (options.json)
    std::cout << nlohmann::ordered_json{{"device", peak.name},
                                        {"peak_gb_per_second", peak.bytes_per_second * 1e-9},
                                        {"l2_bytes", peak.l2_bytes},
                                        {"batch", options.batch},
                                        {"repeats", options.repeats},
                                        {"timing_us", overhead},
                                        {"kernels", rows}}
                     .dump(2)
              << '\n';
  return 0;
}

Manual bench_manual() {
  static KernelBenchOptions defaults;
  return {
      .name = "kernel_bench",
      .summary = "time each CUDA kernel alone",
      .usage = "kernel_bench [options]",
      .purpose =
          "Times each CUDA kernel at the CNN's sizes: alone with a cold L2 cache, and\n"
          "replayed in a CUDA graph.",
      .examples = "kernel_bench --batch 1000 --json",
      .options = option_set(defaults),
  };
}

int kernel_bench(int argc, const char* const* argv) {
  KernelBenchOptions options;
  OptionSet set = option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (answered(options.questions, bench_manual)) return 0;
  refuse_positionals(*line);
  return bench(options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("kernel_bench", lenet::cli::kernel_bench, lenet::cli::bench_manual, argc,
                                 argv);
}
