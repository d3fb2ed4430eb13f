#pragma once

namespace lenet {

/// lenet_plot: draws curves or a confusion matrix, and returns the exit code. Throws what is to be told to
/// the user.
int plot_program(int argc, const char* const* argv);

}  // namespace lenet
