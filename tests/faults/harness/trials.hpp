#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lenet::faults {

/// What became of the tries of one fault: a row of the harness's table.
class Trials {
 public:
  /// `wanted` tries are enough: a fault with more places than that takes evenly spaced ones.
  explicit Trials(int wanted) : wanted_(wanted) {}

  int wanted() const { return wanted_; }
  int tries() const { return tries_; }
  int lost() const { return static_cast<int>(losses_.size()); }
  const std::vector<std::string>& losses() const { return losses_; }
  const std::string& skipped() const { return skipped_; }

  void begin(std::string what);
  /// Counts the try as lost, once, unless `holds`. Returns `holds`.
  bool demand(bool holds, std::string_view why);
  void skip(std::string_view why) { skipped_ = why; }

  /// Returns at most `wanted` of these, evenly spaced.
  template <class T>
  std::vector<T> some_of(const std::vector<T>& all) const {
    const auto wanted = static_cast<std::size_t>(wanted_);
    if (all.size() <= wanted) return all;
    std::vector<T> some;
    for (std::size_t i = 0; i < wanted; ++i) some.push_back(all[i * all.size() / wanted]);
    return some;
  }

 private:
  int wanted_;
  int tries_ = 0;
  bool is_lost_ = false;  ///< the present try
  std::string what_;
  std::vector<std::string> losses_;
  std::string skipped_;
};

/// A kind of fault that the harness tries.
struct Fault {
  std::string_view name;
  std::string_view claim;  ///< what holds in each try
  void (*run)(Trials& trials);
  int short_tries;
  int long_tries;
};

// Kills and signals.
void kill_at_random(Trials& trials);
void kill_at_calls(Trials& trials);
void signal_at_random(Trials& trials);
void cut_power(Trials& trials);
void kill_process_one(Trials& trials);
// System calls, memory and limits.
void fail_calls_of_runs(Trials& trials);
void fail_calls_of_resumes(Trials& trials);
void fail_calls_of_loads(Trials& trials);
void fail_calls_of_fetches(Trials& trials);
void fail_allocations(Trials& trials);
void fill_disks(Trials& trials);
void limit_resources(Trials& trials);
void break_streams(Trials& trials);
void take_folders_away(Trials& trials);
void use_odd_machines(Trials& trials);
// Files and load.
void read_hostile_files(Trials& trials);
void train_long(Trials& trials);
void train_side_by_side(Trials& trials);
void evaluate_often(Trials& trials);

}  // namespace lenet::faults
