#pragma once

namespace lenet {

/// lenet_data: fetches, checks, draws and describes data sets. Returns the exit code.
int data_program(int argc, const char* const* argv);

}  // namespace lenet
