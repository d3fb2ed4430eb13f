#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lenet::cli {

/// Which numbers an option takes.
struct Limits {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
  bool lowest_excluded = false;
  bool highest_excluded = false;
};

/// The field of an options struct that an option sets.
using OptionField = std::variant<bool*, std::int64_t*, std::string*, std::optional<std::int64_t>*,
                                 std::optional<double>*, std::optional<std::string>*>;

/// A value before it is checked: as text from the command line and the environment, typed from a TOML file.
using OptionValue = std::variant<std::string, bool, std::int64_t, double>;

/// An option in all its forms: `--data-on-device`, LENET_DATA_ON_DEVICE and `data_on_device = …` in a file.
/// A list of these is the only place where a program's options are told: parser, help, file and environment
/// all read it.
struct Option {
  std::string_view name;
  std::string_view metavar;  ///< "N"; empty for a switch, which also has a form with --no-
  std::string_view group;
  std::string_view help;  ///< without the default
  std::string_view shown_default;
  OptionField field;
  std::span<const std::string_view> choices = {};
  Limits limits = {};
  std::string_view excludes = {};  ///< an option that cannot be given beside this one
  bool flag_only = false;          ///< not in files, not in the environment
  bool kept_on_resume = false;     ///< a resumed run cannot change it
  char letter = 0;                 ///< its short form, 'o' for -o; 0: none

  // For tables: Option{…}.within(limits).kept()
  Option among(std::span<const std::string_view> names) const { return with(&Option::choices, names); }
  Option within(const Limits& numbers) const { return with(&Option::limits, numbers); }
  Option instead_of(std::string_view other) const { return with(&Option::excludes, other); }
  Option only_flag() const { return with(&Option::flag_only, true); }
  Option short_form(char sign) const { return with(&Option::letter, sign); }
  Option kept() const { return with(&Option::kept_on_resume, true); }

 private:
  template <class T, class Value>
  Option with(T Option::*member, const Value& value) const {
    Option changed = *this;
    changed.*member = value;
    return changed;
  }
};

/// Where a value came from; what stands further down wins.
enum class OptionSource { fallback, file, environment, flag };

/// A program's options, and where each of their values came from.
class OptionSet {
 public:
  explicit OptionSet(std::vector<Option> options) : options_(std::move(options)) {}

  std::span<const Option> options() const { return options_; }
  /// The option of that name, or null.
  const Option* find(std::string_view name) const;
  /// Throws UsageError for a name that is none; suggests the nearest.
  const Option& at(std::string_view name) const;

  /// Checks and stores a value. `origin` is how errors name it: "--batch", "LENET_BATCH", "run.toml:3:
  /// batch". Throws UsageError.
  void assign(const Option& option, const OptionValue& value, OptionSource source, std::string_view origin);
  OptionSource source_of(std::string_view name) const;

 private:
  std::vector<Option> options_;
  std::map<std::string_view, OptionSource, std::less<>> sources_;
};

/// The options given on a command line, not yet checked, in the order given.
struct CommandLine {
  struct Item {
    const Option* option;
    std::string text;
    std::string origin;
  };
  std::vector<Item> items;
  std::vector<std::string> positionals;  ///< what is no option, in order

  bool has(std::string_view name) const;
  /// The text of the last one of that name.
  std::optional<std::string> text_of(std::string_view name) const;
};

/// Throws UsageError for what is no option of `options`, and suggests the nearest.
CommandLine parse_command_line(const OptionSet& options, int argc, const char* const* argv);
/// Stores what the command line gave.
void apply_command_line(OptionSet& options, const CommandLine& line);
/// Stores what LENET_… variables give; empty ones count as not set. `resuming` leaves out what a resumed run
/// keeps.
void apply_environment(OptionSet& options);
/// Throws UsageError if a LENET_… variable is most likely meant for one of the options, and named wrongly.
void refuse_misspelled_variables(const OptionSet& options);
/// Stores what a TOML file gives. Throws UsageError with file and line for unknown keys and wrong types.
void apply_config_file(OptionSet& options, const std::string& path);

/// "LENET_DATA_ON_DEVICE"
std::string environment_name(const Option& option);
/// "data_on_device"
std::string config_key(const Option& option);

/// The options that files may have, with their present values, as TOML that apply_config_file reads back.
std::string config_text(const OptionSet& options);

/// What --help prints above and below its groups of options.
struct HelpText {
  std::string_view usage;    ///< "lenet_train [options]"
  std::string_view purpose;  ///< one or two lines
  std::string_view examples;
};

/// All options by group, each with its default.
std::string help_text(const OptionSet& options, const HelpText& text);

}  // namespace lenet::cli
