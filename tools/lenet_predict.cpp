#include "tools/predict_program.hpp"
#include "tools/program.hpp"

int main(int argc, char** argv) {
  return lenet::run_program("lenet_predict", lenet::predict_program, argc, argv);
}
