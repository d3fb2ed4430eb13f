#include "engine/cpu/cores.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sched.h>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/number.hpp"
#include "engine/core/text.hpp"

namespace lenet::cpu {
namespace {

constexpr int kMostThreads = 1024;

/// A mounted hierarchy of control groups: /proc/self/mountinfo, see proc(5).
struct Mount {
  std::filesystem::path root;   ///< the group that is mounted
  std::filesystem::path point;  ///< where
  bool version2 = false;
};

bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

/// Returns the hierarchies that may hold CPU quotas.
std::vector<Mount> cpu_mounts(const std::filesystem::path& root) {
  std::vector<Mount> mounts;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    // Fields: id, parent, device, root, mount point, options, …, "-", type, source, super options.
    const std::vector<std::string_view> fields = words_of(line);
    const auto dash = std::ranges::find(fields, "-");
    if (fields.end() - dash < 4 || dash - fields.begin() < 5) continue;
    const std::string_view type = dash[1], options = dash[3];
    if (type == "cgroup2" || (type == "cgroup" && lists(options, "cpu")))
      mounts.push_back({std::string(fields[3]), std::string(fields[4]), type == "cgroup2"});
  }
  return mounts;
}

/// Returns the group of this process in a hierarchy: /proc/self/cgroup, see cgroups(7).
std::optional<std::filesystem::path> own_group(const std::filesystem::path& root, bool version2) {
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (version2 ? controllers.empty() : lists(controllers, "cpu")) return line.substr(second + 1);
  }
  return std::nullopt;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Returns the quota of one group in cores; nullopt if it has none.
std::optional<double> quota_of_group(const std::filesystem::path& folder, bool version2) {
  std::string quota, period;
  if (version2) {
    const std::string line = first_line(folder / "cpu.max");  // "max 100000" or "150000 100000"
    const std::vector<std::string_view> fields = words_of(line);
    if (fields.size() < 2) return std::nullopt;
    quota = fields[0];
    period = fields[1];
  } else {
    quota = first_line(folder / "cpu.cfs_quota_us");  // -1: none
    period = first_line(folder / "cpu.cfs_period_us");
  }
  const auto granted = parse_number<std::int64_t>(quota), per = parse_number<std::int64_t>(period);
  if (!granted || !per || *granted <= 0 || *per <= 0) return std::nullopt;
  return static_cast<double>(*granted) / static_cast<double>(*per);
}

/// Returns the smallest quota of the process's group and those around it, as far as they are mounted.
std::optional<double> quota_in(const std::filesystem::path& root, const Mount& mount) {
  const auto group = own_group(root, mount.version2);
  if (!group) return std::nullopt;
  // Relative to the mounted group. In a container's own namespace, or if it mounts its own group alone, the
  // path does not begin with the mount's root: the group is then the mount point.
  std::filesystem::path inside = group->lexically_relative(mount.root);
  if (inside.empty() || *inside.begin() == ".." || inside == ".") inside.clear();
  std::filesystem::path folder = root / mount.point.relative_path();
  std::optional<double> smallest = quota_of_group(folder, mount.version2);
  for (const std::filesystem::path& part : inside) {
    folder /= part;
    const auto quota = quota_of_group(folder, mount.version2);
    if (quota && (!smallest || *quota < *smallest)) smallest = quota;
  }
  return smallest;
}

int cores_in_affinity_mask() {
  for (std::size_t cores = CPU_SETSIZE; cores <= 1 << 20; cores *= 2) {
    cpu_set_t* const set = CPU_ALLOC(cores);
    const std::size_t bytes = CPU_ALLOC_SIZE(cores);
    const int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;  // fails if the machine has more cores than the set has room for
  }
  return 1;
}

/// Returns OMP_NUM_THREADS, which may be a list with one number per level of nesting; 0 if it is not set to
/// a number.
int threads_from_environment() {
  const char* const variable = std::getenv("OMP_NUM_THREADS");
  if (!variable) return 0;
  std::string_view text = variable;
  text = text.substr(0, text.find(','));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  const auto threads = parse_number<int>(text);
  return threads && *threads > 0 ? std::min(*threads, kMostThreads) : 0;
}

}  // namespace

int quota_of_cores(const std::filesystem::path& root) {
  std::optional<double> smallest;
  for (const Mount& mount : cpu_mounts(root)) {
    const auto quota = quota_in(root, mount);
    if (quota && (!smallest || *quota < *smallest)) smallest = quota;
  }
  return smallest ? std::max(1, static_cast<int>(std::min(*smallest, 1e6))) : 0;
}

int usable_cores() {
  const int cores = cores_in_affinity_mask(), quota = quota_of_cores();
  return std::max(1, quota > 0 ? std::min(cores, quota) : cores);
}

int thread_count(int wanted) {
  if (wanted > 0) return wanted;
  const int asked = threads_from_environment();
  return asked > 0 ? asked : std::min(usable_cores(), kMostThreads);
}

}  // namespace lenet::cpu
