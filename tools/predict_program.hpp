#pragma once

namespace lenet {

/// lenet_predict: reads digits, prints what they are, and returns the exit code: 1 if a file could not be
/// read. Throws what is to be told to the user.
int predict_program(int argc, const char* const* argv);

}  // namespace lenet
