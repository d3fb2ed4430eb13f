#pragma once

namespace lenet {

/// lenet_eval: reads its options, evaluates, and returns the exit code. Throws what is to be told to the
/// user.
int eval_program(int argc, const char* const* argv);

}  // namespace lenet
