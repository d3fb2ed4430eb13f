#include "tools/data_program.hpp"
#include "tools/program.hpp"

int main(int argc, char** argv) { return lenet::run_program("lenet_data", lenet::data_program, argc, argv); }
