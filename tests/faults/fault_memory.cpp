// Library for LD_PRELOAD that lets one allocation of a program fail.
//
//   FAULT_ALLOCATION=7       the seventh allocation after the start of main() returns no memory; 0: none
//   FAULT_ALLOCATIONS=FILE   the number of allocations is written to FILE when the program ends
//   FAULT_ALLOCATION_TRACE=1 the calls that led to the failing allocation are printed
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<bool> in_main{false};
std::atomic<long> allocations{0};
long failing = 0;

/// Counts an allocation. Returns whether it is to fail.
bool fails() {
  if (!in_main.load(std::memory_order_relaxed) || ++allocations != failing) return false;
  if (std::getenv("FAULT_ALLOCATION_TRACE")) {
    std::array<void*, 40> calls{};
    ::backtrace_symbols_fd(calls.data(), ::backtrace(calls.data(), calls.size()), STDERR_FILENO);
  }
  return true;
}

using Main = int (*)(int, char**, char**);
Main program_main = nullptr;

int counted_main(int argc, char** argv, char** variables) {
  if (const char* const number = std::getenv("FAULT_ALLOCATION")) failing = std::strtol(number, nullptr, 10);
  in_main = true;
  return program_main(argc, argv, variables);
}

__attribute__((destructor)) void write_count() {
  in_main = false;
  const char* const path = std::getenv("FAULT_ALLOCATIONS");
  if (!path) return;
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%ld\n", allocations.load());
  const auto file = static_cast<int>(::syscall(SYS_open, path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  [[maybe_unused]] const long written = ::syscall(SYS_write, file, text.data(), static_cast<size_t>(length));
  ::syscall(SYS_close, file);
}

}  // namespace

// The C++ library's other forms call these two. What libraries in C allocate is left alone: some of them, as
// fontconfig, crash where there is no memory.
void* operator new(std::size_t size) {
  void* const memory = fails() ? nullptr : std::malloc(size > 0 ? size : 1);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto multiple = static_cast<std::size_t>(alignment);
  void* const memory =
      fails() ? nullptr : std::aligned_alloc(multiple, (size + multiple - 1) / multiple * multiple);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

extern "C" {

/// Starts the program with a main() that counts.
int __libc_start_main(Main main, int argc, char** argv, void (*begin)(), void (*end)(), void (*linker_end)(),
                      void* stack) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto start = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  program_main = main;
  return start(counted_main, argc, argv, begin, end, linker_end, stack);
}

}  // extern "C"
