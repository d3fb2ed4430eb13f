// Coverage of code that GCC compiled, for libFuzzer, which expects clang's: GCC calls a function at the start
// of each block, and this one counts the call in a table that libFuzzer watches.
#include <array>
#include <cstdint>

extern "C" void __sanitizer_cov_8bit_counters_init(std::uint8_t* begin, std::uint8_t* end);

namespace {

// Few blocks share a counter: a target has some ten thousand.
alignas(64) std::array<std::uint8_t, 1 << 15> counters;

[[maybe_unused]] const bool registered =
    (__sanitizer_cov_8bit_counters_init(counters.data(), counters.data() + counters.size()), true);

}  // namespace

// The linker puts it in the place of __sanitizer_cov_trace_pc, which GCC's code calls.
extern "C" void __wrap___sanitizer_cov_trace_pc() {
  const auto block = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  ++counters[(block ^ block >> 15) % counters.size()];
}

// GCC calls these at comparisons of floats, which libFuzzer does not watch.
extern "C" void __sanitizer_cov_trace_cmpf(float, float) {}
extern "C" void __sanitizer_cov_trace_cmpd(double, double) {}
