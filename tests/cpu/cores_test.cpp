#include "engine/cpu/cores.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/variable.hpp"

using namespace lenet;

namespace {

/// A root of a file system with the files from which a process learns its control groups.
class FakeRoot {
 public:
  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text;
  }
  /// Version 2: one hierarchy. `root`: the group that is mounted, `group`: that of the process.
  void version2(const std::string& root, const std::string& group) const {
    write("proc/self/mountinfo",
          "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
          "35 24 0:30 " +
              root + " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    write("proc/self/cgroup", "0::" + group + "\n");
  }
  /// Version 1: one hierarchy per controller, the CPU's together with its accounting.
  void version1(const std::string& root, const std::string& group) const {
    write("proc/self/mountinfo",
          "36 31 0:32 " + root +
              " /sys/fs/cgroup/memory rw shared:13 - cgroup cgroup rw,memory\n"
              "32 31 0:29 " +
              root + " /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n");
    write("proc/self/cgroup", "9:memory:/elsewhere\n5:cpu,cpuacct:" + group + "\n1:name=systemd:/\n");
  }
  void quota1(const std::string& group, const std::string& quota, const std::string& period) const {
    write("sys/fs/cgroup/cpu,cpuacct" + group + "/cpu.cfs_quota_us", quota + "\n");
    write("sys/fs/cgroup/cpu,cpuacct" + group + "/cpu.cfs_period_us", period + "\n");
  }
  int cores() const { return cpu::quota_of_cores(folder_.path()); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("without control groups, or without a quota in them, there is no limit", "[cores]") {
  const FakeRoot root;
  CHECK(root.cores() == 0);
  root.version2("/", "/user.slice");
  CHECK(root.cores() == 0);
  root.write("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
  CHECK(root.cores() == 0);
}

TEST_CASE("a quota of version 2 counts whole cores, at least one", "[cores]") {
  const FakeRoot root;
  root.version2("/", "/user.slice/job");
  struct Known {
    const char* quota;
    int cores;
  };
  for (const auto& [quota, cores] :
       {Known{"200000 100000", 2}, Known{"399999 100000", 3}, Known{"50000 100000", 1},
        Known{"1000 50000", 1}, Known{"3200000 50000", 64}}) {
    INFO(quota);
    root.write("sys/fs/cgroup/user.slice/job/cpu.max", std::string(quota) + "\n");
    CHECK(root.cores() == cores);
  }
}

TEST_CASE("the smallest quota of the group and those around it counts", "[cores]") {
  const FakeRoot root;
  root.version2("/", "/a/b/c");
  root.write("sys/fs/cgroup/a/cpu.max", "600000 100000\n");
  root.write("sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
  root.write("sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
  CHECK(root.cores() == 3);
  root.write("sys/fs/cgroup/a/cpu.max", "200000 100000\n");
  CHECK(root.cores() == 2);
}

TEST_CASE("a container's quota is at the mount point, whatever path the host gives its group", "[cores]") {
  const FakeRoot root;
  const auto [mounted, group] =
      GENERATE(values<std::pair<std::string, std::string>>({{"/docker/4f2a", "/docker/4f2a"},
                                                            {"/", "/"},
                                                            {"/../..", "/../../x"},
                                                            {"/docker/4f2a", "/elsewhere"}}));
  INFO(mounted << " " << group);
  root.version2(mounted, group);
  root.write("sys/fs/cgroup/cpu.max", "250000 100000\n");
  CHECK(root.cores() == 2);
}

TEST_CASE("a quota of version 1 is found among its hierarchies", "[cores]") {
  const FakeRoot root;
  root.version1("/", "/docker/77");
  root.quota1("/docker/77", "-1", "100000");
  CHECK(root.cores() == 0);
  root.quota1("/docker/77", "450000", "100000");
  CHECK(root.cores() == 4);
  root.quota1("/docker", "150000", "100000");
  CHECK(root.cores() == 1);
  // A container that sees its own group as the mount's root.
  root.version1("/docker/77", "/docker/77");
  root.quota1("", "300000", "100000");
  CHECK(root.cores() == 3);
}

TEST_CASE("files of control groups that make no sense are no quota", "[cores]") {
  const FakeRoot root;
  root.write("proc/self/mountinfo", "\n35 24\n35 24 0:30 / /x rw - \n1 2 3 / /y rw - cgroup2 cgroup2 rw\n");
  root.write("proc/self/cgroup", "\n0\n0:\n0::\n");
  root.write("y/cpu.max", "many 100000\n");
  CHECK(root.cores() == 0);
  for (const char* const text : {"", "100000", "100000 0", "-5 100000", "0 100000"}) {
    INFO(text);
    root.write("y/cpu.max", text);
    CHECK(root.cores() == 0);
  }
}

TEST_CASE("a number that is asked for wins, then OMP_NUM_THREADS, then the cores", "[cores]") {
  const int cores = cpu::usable_cores();
  CHECK(cores >= 1);
  {
    const Variable variable("OMP_NUM_THREADS", "");
    CHECK(cpu::thread_count(0) == cores);
    CHECK(cpu::thread_count(cores + 3) == cores + 3);
  }
  {
    const Variable variable("OMP_NUM_THREADS", "7");
    CHECK(cpu::thread_count(0) == 7);
    CHECK(cpu::thread_count(3) == 3);
  }
  {
    const Variable variable("OMP_NUM_THREADS", " 5 , 2");  // one number per level of nesting
    CHECK(cpu::thread_count(0) == 5);
  }
  for (const char* const text : {"0", "-2", "many", "2x", ","}) {
    INFO(text);
    const Variable variable("OMP_NUM_THREADS", text);
    CHECK(cpu::thread_count(0) == cores);
  }
}
