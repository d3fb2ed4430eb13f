#include "tools/plot_program.hpp"
#include "tools/program.hpp"

int main(int argc, char** argv) { return lenet::run_program("lenet_plot", lenet::plot_program, argc, argv); }
