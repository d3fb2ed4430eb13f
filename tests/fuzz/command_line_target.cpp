// Command lines: the first byte chooses the program, zeros end arguments.
#include "engine/core/error.hpp"
#include "tests/fuzz/targets.hpp"
#include "tools/cli/bench_options.hpp"
#include "tools/cli/data_options.hpp"
#include "tools/cli/eval_options.hpp"
#include "tools/cli/plot_options.hpp"
#include "tools/cli/predict_options.hpp"
#include "tools/cli/train_options.hpp"

namespace lenet::fuzz {
namespace {

using Arguments = std::vector<const char*>;

/// Reads a command line like a program, but opens none of the files that it names.
template <class Options>
void read_with(cli::OptionSet (*option_set)(Options&), const Arguments& arguments) {
  Options options;
  cli::OptionSet set = option_set(options);
  const auto line = cli::parse_command_line(set, static_cast<int>(arguments.size()), arguments.data());
  cli::apply_command_line(set, line);
  for (const cli::CommandLine::Item& item : line.items)
    demand(cli::value_text(*item.option).has_value() || !item.option->excludes.empty(),
           "an accepted option has no value");
}

void read_data(const Arguments& arguments) {
  const cli::DataCommand& command = cli::data_command(arguments.size() > 1 ? arguments[1] : "");
  read_with(command.options, Arguments(arguments.begin() + 1, arguments.end()));
}

void read_predict(const Arguments& arguments) {
  read_with(cli::predict_option_set, arguments);
  if (arguments.size() > 1) cli::parse_indices(arguments[1]);
}

void read_train(const Arguments& arguments) { read_with(cli::train_option_set, arguments); }
void read_eval(const Arguments& arguments) { read_with(cli::eval_option_set, arguments); }
void read_plot(const Arguments& arguments) { read_with(cli::plot_option_set, arguments); }
void read_bench(const Arguments& arguments) { read_with(cli::bench_option_set, arguments); }

constexpr std::array kPrograms = {read_train, read_eval, read_predict, read_plot, read_bench, read_data};

}  // namespace

void run_command_line(Bytes bytes) {
  if (bytes.empty()) return;
  const std::string text = text_of(bytes.subspan(1));
  Arguments arguments = {"program"};
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\0', begin) + 1) {
    arguments.push_back(text.c_str() + begin);
    if (text.find('\0', begin) == text.npos) break;
  }
  try {
    kPrograms[bytes[0] % kPrograms.size()](arguments);
  } catch (const UsageError&) {
  }
}

std::vector<std::string> command_line_seeds() {
  using namespace std::string_literals;
  return {"\0--model\0cnn\0--epochs\0003\0--lr=1e-3\0--no-tensorboard\0--seed\00018446744073709551615"s,
          "\1best.bin\0--plot\0digits.png\0--errors\0-q"s,
          "\0020-9,7\0--index\0000-9\0--json\0--\0-a.png"s,
          "\3runs/a\0runs/b\0-o\0curves.svg\0--confusion"s,
          "\4--model=mlp\0--steps\00010\0--device\0cuda:1\0--precision\0bf16"s,
          "\5synthesize\0--out\0d\0--train\00010\0--test\00010"s,
          "\5fetch\0--mirror\0http://localhost/"s};
}

}  // namespace lenet::fuzz
