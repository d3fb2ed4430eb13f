// Library for LD_PRELOAD that lets one system call of a program fail, or stops the program there.
//
//   FAULT="fsync 3 EIO last.bin"    the third fsync() of a path that contains "last.bin" fails with EIO
//   FAULT="write 1+ ENOSPC run/"    so does every write() from the first on
//   FAULT="write 2 half run/"       the second write() writes half of its bytes, all later ones fail (ENOSPC)
//   FAULT="rename 1 kill run/"      the program is killed at the call, or after it (kill_after)
//   FAULT="write 2 kill_within run/"  the second write() writes half of its bytes, then the program is killed
//   FAULT="flock 1 wait run/"       the program makes the file $FAULT_GATE.reached and waits for $FAULT_GATE
//   FAULT_LOG=FILE                  every call is appended to FILE: "write run/metrics.csv"; after an fsync()
//   also
//                                   "flushed 120 run/metrics.csv", before a rename() "rename_from
//                                   run/temporary"
//   FAULT_CLOCK=0                   the wall clock starts at this second since 1970, or it "jumps" a day to
//   and fro
//
// The call is one of those at the end of this file. A path is as the program names it; for a descriptor it is
// that of the open file.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct Fault {
  bool active = false;
  std::array<char, 32> call{};
  long first = 0;
  bool every = false;  ///< the first and all later calls
  std::array<char, 32> action{};
  std::array<char, 256> part{};
};

const Fault& fault() {
  static const Fault parsed = [] {
    Fault read;
    const char* const text = std::getenv("FAULT");
    if (!text) return read;
    std::array<char, 32> number{};
    if (std::sscanf(text, "%31s %31s %31s %255s", read.call.data(), number.data(), read.action.data(),
                    read.part.data()) < 3)
      return read;
    read.first = std::strtol(number.data(), nullptr, 10);
    read.every = std::strchr(number.data(), '+') != nullptr;
    read.active = true;
    return read;
  }();
  return parsed;
}

struct Number {
  const char* name;
  int error;
};
constexpr std::array kErrors = {
    Number{"ENOSPC", ENOSPC},         Number{"EIO", EIO},       Number{"EDQUOT", EDQUOT},
    Number{"EINTR", EINTR},           Number{"EMFILE", EMFILE}, Number{"EACCES", EACCES},
    Number{"EOPNOTSUPP", EOPNOTSUPP}, Number{"ENOSYS", ENOSYS}, Number{"EBADF", EBADF},
    Number{"EROFS", EROFS},           Number{"EAGAIN", EAGAIN}, Number{"ENOLCK", ENOLCK},
    Number{"EINVAL", EINVAL},         Number{"EFBIG", EFBIG},   Number{"ENOMEM", ENOMEM},
};

void log_call(const char* call, const char* path) {
  const char* const log = std::getenv("FAULT_LOG");
  if (!log) return;
  std::array<char, 600> line{};
  const int length = std::snprintf(line.data(), line.size(), "%s %.500s\n", call, *path ? path : "-");
  const auto file = static_cast<int>(::syscall(SYS_open, log, O_WRONLY | O_CREAT | O_APPEND, 0600));
  [[maybe_unused]] const long written = ::syscall(SYS_write, file, line.data(), static_cast<size_t>(length));
  ::syscall(SYS_close, file);
}

void wait_at_gate() {
  const char* const gate = std::getenv("FAULT_GATE");
  if (!gate) return;
  std::array<char, 512> reached{};
  std::snprintf(reached.data(), reached.size(), "%s.reached", gate);
  ::syscall(SYS_close, ::syscall(SYS_open, reached.data(), O_WRONLY | O_CREAT, 0600));
  while (::syscall(SYS_access, gate, F_OK) != 0) ::usleep(2000);
}

/// Outcome of a call that may be the faulty one.
struct Verdict {
  int error = 0;  ///< errno value, or 0 to make the call
  bool half = false;
  bool kill_after = false;
};

Verdict judge(const char* call, const char* path) {
  static std::atomic<long> calls{0};
  log_call(call, path);
  const Fault& now = fault();
  if (!now.active || std::strcmp(call, now.call.data()) != 0 || !std::strstr(path, now.part.data()))
    return {};
  const long number = ++calls;
  const bool is_half = std::strcmp(now.action.data(), "half") == 0;
  if (is_half && number > now.first) return {.error = ENOSPC};
  if (number != now.first && !(now.every && number > now.first)) return {};
  if (is_half) return {.half = true};
  if (std::strcmp(now.action.data(), "kill") == 0) ::kill(::getpid(), SIGKILL);
  if (std::strcmp(now.action.data(), "kill_after") == 0) return {.kill_after = true};
  if (std::strcmp(now.action.data(), "kill_within") == 0) return {.half = true, .kill_after = true};
  if (std::strcmp(now.action.data(), "wait") == 0) wait_at_gate();
  for (const Number& error : kErrors)
    if (std::strcmp(now.action.data(), error.name) == 0) return {.error = error.error};
  return {};
}

/// Changes the time of the wall clock as FAULT_CLOCK demands.
void set_wrong(timespec& time) {
  static const char* const wanted = std::getenv("FAULT_CLOCK");
  if (!wanted) return;
  static std::atomic<long> calls{0};
  static const long began = time.tv_sec;
  constexpr long kDay = 24 * 60 * 60;
  if (std::strcmp(wanted, "jumps") == 0)
    time.tv_sec += ++calls % 2 == 0 ? kDay : -kDay;
  else
    time.tv_sec += std::strtol(wanted, nullptr, 10) - began;
}

using Path = std::array<char, 512>;

Path path_of(int descriptor) {
  std::array<char, 64> link{};
  Path path{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
  const long length = ::syscall(SYS_readlink, link.data(), path.data(), path.size() - 1);
  if (length < 0) path[0] = '\0';
  return path;
}

Verdict judge(const char* call, int descriptor) { return judge(call, path_of(descriptor).data()); }

void log_flushed(int descriptor) {
  struct stat status {};
  ::fstat(descriptor, &status);
  std::array<char, 600> text{};
  std::snprintf(text.data(), text.size(), "%lld %s", static_cast<long long>(status.st_size),
                path_of(descriptor).data());
  log_call("flushed", text.data());
}

/// Makes the call unless it is to fail.
template <class Call>
auto with_fault(const Verdict& verdict, const Call& make_call) -> decltype(make_call()) {
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  const auto result = make_call();
  if (verdict.kill_after) ::kill(::getpid(), SIGKILL);
  return result;
}

int open_with_fault(int folder, const char* path, int flags, mode_t mode) {
  return with_fault(judge("open", path),
                    [&] { return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode)); });
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

}  // namespace

// The calls that can fail. They replace those of the C library, whose declarations say noexcept for some.
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_with_fault(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_with_fault(AT_FDCWD, path, flags, mode);
}

ssize_t read(int file, void* bytes, size_t count) {
  return with_fault(judge("read", file), [&] { return ::syscall(SYS_read, file, bytes, count); });
}

ssize_t write(int file, const void* bytes, size_t count) {
  const Verdict verdict = judge("write", file);
  const size_t written = verdict.half ? count / 2 : count;
  return with_fault(verdict, [&] { return ::syscall(SYS_write, file, bytes, written); });
}

int fsync(int file) {
  const int result =
      with_fault(judge("fsync", file), [&] { return static_cast<int>(::syscall(SYS_fsync, file)); });
  if (result == 0) log_flushed(file);
  return result;
}

int ftruncate(int file, off_t size) noexcept {
  return with_fault(judge("ftruncate", file),
                    [&] { return static_cast<int>(::syscall(SYS_ftruncate, file, size)); });
}

int close(int file) {
  return with_fault(judge("close", file), [&] { return static_cast<int>(::syscall(SYS_close, file)); });
}

int rename(const char* from, const char* to) noexcept {
  log_call("rename_from", from);
  return with_fault(judge("rename", to), [&] { return static_cast<int>(::syscall(SYS_rename, from, to)); });
}

int unlink(const char* path) noexcept {
  return with_fault(judge("unlink", path), [&] { return static_cast<int>(::syscall(SYS_unlink, path)); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  return with_fault(judge("mkdir", path), [&] { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); });
}

// Threads count as a call "thread" without a path.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  const Verdict verdict = judge("thread", "");
  return verdict.error != 0 ? verdict.error : create(thread, attributes, body, argument);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && clock == CLOCK_REALTIME) set_wrong(*time);
  return result;
}

time_t time(time_t* seconds) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.tv_sec;
  return now.tv_sec;
}

int flock(int file, int operation) noexcept {
  return with_fault(judge("flock", file),
                    [&] { return static_cast<int>(::syscall(SYS_flock, file, operation)); });
}

}  // extern "C"
