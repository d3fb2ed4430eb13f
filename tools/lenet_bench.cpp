#include "tools/bench_program.hpp"
#include "tools/program.hpp"

int main(int argc, char** argv) {
  return lenet::run_program("lenet_bench", lenet::bench_program, argc, argv);
}
