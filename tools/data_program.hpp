#pragma once

#include <string>
#include <vector>

namespace lenet {

/// A command of lenet_data as completion sees it.
struct DataCommand {
  struct Flag {
    std::string name;     ///< "--out"
    std::string metavar;  ///< "DIR"; empty for a switch
  };
  std::string name;  ///< "fetch"
  std::vector<Flag> flags;
};
std::vector<DataCommand> data_commands();

/// lenet_data: fetches, checks, draws and describes data sets. Returns the exit code.
int data_program(int argc, const char* const* argv);

}  // namespace lenet
