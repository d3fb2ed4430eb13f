#pragma once

namespace lenet {

/// lenet_bench: times training steps and inference of the models. Returns the exit code.
int bench_program(int argc, const char* const* argv);

}  // namespace lenet
