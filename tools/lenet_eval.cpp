#include "tools/eval_program.hpp"
#include "tools/program.hpp"

int main(int argc, char** argv) { return lenet::run_program("lenet_eval", lenet::eval_program, argc, argv); }
