#pragma once

namespace lenet {

/// lenet_train: reads its options, trains, and returns the exit code. Throws what is to be told to the user.
int train_program(int argc, const char* const* argv);

}  // namespace lenet
