#include "tools/cli/run_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/core/text.hpp"
#include "tools/cli/csv.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/progress_text.hpp"

namespace lenet::cli {
namespace {

/// A column of the table in the terminal.
struct TextColumn {
  std::string_view name;
  bool is_number;  ///< aligned to the right
  int rank;        ///< columns of a high rank are left out first
  std::string (*text)(const RunSummary& run);
};

constexpr const char* kNone = "-";

std::string date_text(std::time_t time, const char* format,
                      std::tm* (*convert)(const std::time_t*, std::tm*)) {
  std::tm parts{};
  std::array<char, 40> text{};
  if (!convert(&time, &parts) || std::strftime(text.data(), text.size(), format, &parts) == 0) return kNone;
  return text.data();
}

std::string figure_text(double value) {
  if (!std::isfinite(value)) return kNone;
  return std::abs(value) < 1e4 ? fmt::format("{:.4f}", value) : fmt::format("{:.4g}", value);
}

// clang-format off
constexpr std::array kTextColumns = {
    TextColumn{"model", false, 1, [](const RunSummary& run) { return run.options ? run.options->model : kNone; }},
    TextColumn{"recipe", false, 6, [](const RunSummary& run) { return run.options ? run.options->recipe : kNone; }},
    TextColumn{"length", false, 3, length_text},
    TextColumn{"state", false, 2, [](const RunSummary& run) { return std::string(name_of(run.state)); }},
    TextColumn{"val_loss", true, 4, [](const RunSummary& run) { return run.best ? figure_text(run.best->val_loss) : kNone; }},
    TextColumn{"val_acc", true, 0, [](const RunSummary& run) { return run.best ? figure_text(run.best->val_accuracy) : kNone; }},
    TextColumn{"test_acc", true, 0, [](const RunSummary& run) { return run.test ? figure_text(run.test->accuracy()) : kNone; }},
    TextColumn{"time", true, 5, [](const RunSummary& run) { return run.seconds ? duration_text(*run.seconds) : kNone; }},
    TextColumn{"changed", false, 7, [](const RunSummary& run) { return date_text(run.changed, "%Y-%m-%d %H:%M", localtime_r); }},
};
// clang-format on

/// A column with all its cells as text.
struct Cells {
  std::vector<std::string> lines;  ///< the heading first
  bool is_number = false;
  int rank = 0;

  std::size_t width() const {
    return static_cast<std::size_t>(columns(std::ranges::max(lines, {}, columns)));
  }
};

std::string name_text(const RunSummary& run, const std::filesystem::path& base) {
  const std::filesystem::path name = base.empty() ? run.folder : run.folder.lexically_relative(base);
  return printable((name.empty() ? run.folder : name).string());
}

std::vector<Cells> all_cells(std::span<const RunSummary> runs, const std::filesystem::path& base) {
  std::vector<Cells> all = {{.lines = {"run"}}};
  for (const RunSummary& run : runs) all.front().lines.push_back(name_text(run, base));
  for (const TextColumn& column : kTextColumns) {
    Cells cells{.lines = {std::string(column.name)}, .is_number = column.is_number, .rank = column.rank};
    for (const RunSummary& run : runs) cells.lines.push_back(column.text(run));
    all.push_back(std::move(cells));
  }
  return all;
}

constexpr std::size_t kGap = 2;

std::size_t total_width(const std::vector<Cells>& all) {
  std::size_t width = 0;
  for (const Cells& cells : all) width += cells.width() + kGap;
  return width - kGap;
}

std::string line_of(const std::vector<Cells>& all, std::size_t line) {
  std::string text;
  for (const Cells& cells : all) {
    const std::string& cell = cells.lines[line];
    const std::string room(cells.width() - static_cast<std::size_t>(columns(cell)), ' ');
    if (!text.empty()) text.append(kGap, ' ');
    text += cells.is_number ? room + cell : cell + room;
  }
  return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

nlohmann::ordered_json object_of(const RunSummary& run) {
  nlohmann::ordered_json json;
  const auto add = [&](const char* key, const auto& value) { json[key] = value; };
  const auto add_if = [&](const char* key, const auto& value) {
    json[key] = nullptr;
    if (value) json[key] = *value;
  };
  const auto add_option = [&](const char* key, auto TrainOptions::*field) {
    json[key] = nullptr;
    if (!run.options) return;
    const auto& value = (*run.options).*field;
    if constexpr (requires { value.has_value(); })
      add_if(key, value);
    else
      add(key, value);
  };
  const auto add_best = [&](const char* key, auto BestEvaluation::*field) {
    json[key] = nullptr;
    if (run.best) json[key] = (*run.best).*field;
  };
  add("run", run.folder.string());
  add_option("model", &TrainOptions::model);
  add_option("recipe", &TrainOptions::recipe);
  add("state", name_of(run.state));
  add_option("epochs", &TrainOptions::epochs);
  add_option("steps", &TrainOptions::steps);
  add_if("epochs_done", run.epoch);
  add_if("steps_done", run.step);
  add_option("batch", &TrainOptions::batch);
  add_option("optimizer", &TrainOptions::optimizer);
  add_option("lr", &TrainOptions::lr);
  add_option("dropout", &TrainOptions::dropout);
  add_option("seed", &TrainOptions::seed);
  add_best("best_epoch", &BestEvaluation::epoch);
  add_best("best_step", &BestEvaluation::step);
  add_best("val_loss", &BestEvaluation::val_loss);
  add_best("val_accuracy", &BestEvaluation::val_accuracy);
  const auto test = [&](auto of) { return run.test ? std::optional(of(*run.test)) : std::nullopt; };
  add_if("test_loss", test([](const TestResult& result) { return result.loss; }));
  add_if("test_accuracy", test([](const TestResult& result) { return result.accuracy(); }));
  add_if("test_correct", test([](const TestResult& result) { return result.correct; }));
  add_if("test_images", test([](const TestResult& result) { return result.count; }));
  add_if("seconds", run.seconds);
  add("changed", date_text(run.changed, "%Y-%m-%dT%H:%M:%SZ", gmtime_r));
  const std::string faults = fmt::format("{}", fmt::join(run.faults, "; "));
  add_if("error", faults.empty() ? std::nullopt : std::optional(faults));
  return json;
}

std::string csv_cell(const nlohmann::ordered_json& value) {
  if (value.is_null() || (value.is_number_float() && !std::isfinite(value.get<double>()))) return "";
  if (!value.is_string()) return value.dump();
  return csv_field(value.get<std::string>());
}

/// A number by which runs are sorted, the smallest first; nullopt comes last.
using OrderBy = std::optional<double> (*)(const RunSummary& run);

struct Order {
  std::string_view name;
  OrderBy by;  ///< null: the runs' names
};

template <class Part>
std::optional<double> negated(const std::optional<Part>& part, double (*of)(const Part&)) {
  if (!part || std::isnan(of(*part))) return std::nullopt;
  return -of(*part);
}

constexpr std::array kOrders = {
    Order{"run", nullptr},
    Order{"loss",
          [](const RunSummary& run) {
            return negated<BestEvaluation>(run.best,
                                           [](const BestEvaluation& best) { return -best.val_loss; });
          }},
    Order{"accuracy",
          [](const RunSummary& run) {
            return negated<BestEvaluation>(run.best,
                                           [](const BestEvaluation& best) { return best.val_accuracy; });
          }},
    Order{"test",
          [](const RunSummary& run) {
            return negated<TestResult>(run.test, [](const TestResult& test) { return test.accuracy(); });
          }},
    Order{"time", [](const RunSummary& run) { return run.seconds; }},
    Order{"date", [](const RunSummary& run) { return std::optional(-static_cast<double>(run.changed)); }},
};

}  // namespace

std::span<const std::string_view> run_orders() {
  static const auto names = [] {
    std::array<std::string_view, kOrders.size()> all{};
    std::ranges::transform(kOrders, all.begin(), &Order::name);
    return all;
  }();
  return names;
}

void sort_runs(std::vector<RunSummary>& runs, std::string_view order) {
  std::ranges::stable_sort(runs, [](const RunSummary& a, const RunSummary& b) {
    return naturally_before(a.folder.string(), b.folder.string());
  });
  const OrderBy by = std::ranges::find(kOrders, order, &Order::name)->by;
  if (!by) return;
  std::ranges::stable_sort(runs, {}, [by](const RunSummary& run) {
    return by(run).value_or(std::numeric_limits<double>::infinity());
  });
}

std::string length_text(const RunSummary& run) {
  if (!run.options) return kNone;
  const bool by_steps = run.options->steps.has_value();
  const std::int64_t total = by_steps ? *run.options->steps : run.options->epochs.value_or(0);
  const std::string unit = fmt::format("{}{}", by_steps ? "step" : "epoch", total == 1 ? "" : "s");
  const std::string all = fmt::format("{} {}", with_thousands(total), unit);
  if (!run.step || !run.epoch) return fmt::format("{} of {}", kNone, all);
  const std::int64_t done = by_steps ? *run.step : static_cast<std::int64_t>(*run.epoch);
  return done == total ? all : fmt::format("{} of {}", with_thousands(done), all);
}

RunTable runs_table(std::span<const RunSummary> runs, const std::filesystem::path& base, std::size_t width) {
  std::vector<Cells> all = all_cells(runs, base);
  RunTable table;
  while (total_width(all) > width) {
    const auto least = std::ranges::max_element(all, {}, &Cells::rank);
    if (least->rank == 0) break;
    table.left_out.push_back(std::ranges::find(kTextColumns, least->lines.front(), &TextColumn::name)->name);
    all.erase(least);
  }
  for (std::size_t line = 0; line <= runs.size(); ++line) table.text += line_of(all, line);
  return table;
}

std::string runs_json(std::span<const RunSummary> runs) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const RunSummary& run : runs) all.push_back(object_of(run));
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string runs_csv(std::span<const RunSummary> runs) {
  std::string text;
  const nlohmann::ordered_json names = object_of(RunSummary{});
  for (const auto& [key, value] : names.items()) text += (text.empty() ? "" : ",") + key;
  text += '\n';
  for (const RunSummary& run : runs) {
    std::string line;
    for (const auto& value : object_of(run)) line += (line.empty() ? "" : ",") + csv_cell(value);
    text += line + '\n';
  }
  return text;
}

}  // namespace lenet::cli
