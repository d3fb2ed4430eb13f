#include "tools/program.hpp"
#include "tools/train_program.hpp"

int main(int argc, char** argv) {
  return lenet::run_program("lenet_train", lenet::train_program, argc, argv);
}
