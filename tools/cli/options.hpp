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

/// The range of numbers that an option accepts.
struct Limits {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
  bool lowest_excluded = false;
  bool highest_excluded = false;
};

/// The field of an options struct that an option sets.
using OptionField = std::variant<bool*, std::int64_t*, std::string*, std::optional<std::int64_t>*,
                                 std::optional<double>*, std::optional<std::string>*>;

/// What an option has an effect on.
enum class Hardware { any, cpu, gpu };

/// A value before validation: text from the command line or the environment, a typed value from a TOML file.
using OptionValue = std::variant<std::string, bool, std::int64_t, double>;

/// An option, defined once for all its forms: `--data-on-device`, LENET_DATA_ON_DEVICE and
/// `data_on_device = …` in a file. A program's list of options drives its parser, help text, completion,
/// configuration files and environment variables.
struct Option {
  std::string_view name;
  std::string_view metavar;  ///< "N"; empty for a switch, which also has the form --no-NAME
  std::string_view group;
  std::string_view help;  ///< without choices and default, which help adds
  std::string_view shown_default;
  OptionField field;
  std::span<const std::string_view> choices = {};  ///< all valid values, if there are few
  std::span<const std::string_view> suggestions =
      {};  ///< values that completion offers; others are valid too
  Limits limits = {};
  std::string_view excludes = {};     ///< an option that must not be given together with this one
  bool flag_only = false;             ///< only on the command line, not in files or the environment
  bool not_saved = false;             ///< not a part of what config.toml repeats
  bool kept_on_resume = false;        ///< a resumed run cannot change it
  char letter = 0;                    ///< short form: 'o' for -o; 0 if none
  Hardware hardware = Hardware::any;  ///< where it has an effect

  bool is_switch() const { return std::holds_alternative<bool*>(field); }

  // For tables: Option{…}.within(limits).kept()
  Option among(std::span<const std::string_view> names) const { return with(&Option::choices, names); }
  Option suggesting(std::span<const std::string_view> names) const {
    return with(&Option::suggestions, names);
  }
  Option within(const Limits& numbers) const { return with(&Option::limits, numbers); }
  Option instead_of(std::string_view other) const { return with(&Option::excludes, other); }
  Option only_flag() const { return with(&Option::flag_only, true).unsaved(); }
  Option unsaved() const { return with(&Option::not_saved, true); }
  Option short_form(char sign) const { return with(&Option::letter, sign); }
  Option kept() const { return with(&Option::kept_on_resume, true); }
  Option only_on(Hardware kind) const { return with(&Option::hardware, kind); }

 private:
  template <class T, class Value>
  Option with(T Option::*member, const Value& value) const {
    Option changed = *this;
    changed.*member = value;
    return changed;
  }
};

/// The source of a value; later ones take precedence.
enum class OptionSource { fallback, file, environment, flag };

/// A program's options, and the source of each of their values.
class OptionSet {
 public:
  explicit OptionSet(std::vector<Option> options) : options_(std::move(options)) {}

  std::span<const Option> options() const { return options_; }
  /// Returns the option of that name, or null if there is none.
  const Option* find(std::string_view name) const;
  /// Returns the option of that name. Throws UsageError for an unknown name and suggests the nearest.
  const Option& at(std::string_view name) const;

  /// Validates and stores a value. Errors show its `origin`: "--batch", "LENET_BATCH",
  /// "run.toml:3: batch". Throws UsageError.
  void assign(const Option& option, const OptionValue& value, OptionSource source, std::string_view origin);
  OptionSource source_of(std::string_view name) const;

 private:
  std::vector<Option> options_;
  std::map<std::string_view, OptionSource, std::less<>> sources_;
};

/// The options of a command line, not yet validated: the last one of each name, in the order given.
struct CommandLine {
  struct Item {
    const Option* option;
    std::string text;
    std::string origin;
  };
  std::vector<Item> items;
  std::vector<std::string> positionals;  ///< the other arguments, in order

  bool has(std::string_view name) const;
  std::optional<std::string> text_of(std::string_view name) const;
};

/// Parses `--name value`, `--name=value`, `-n value`, `-nvalue`, `--switch`, `--no-switch`; everything after
/// `--` is positional. Throws UsageError for an unknown option and suggests the nearest.
CommandLine parse_command_line(const OptionSet& options, int argc, const char* const* argv);
/// Stores the values of the command line.
void apply_command_line(OptionSet& options, const CommandLine& line);
/// Stores the values of LENET_… variables; an empty variable counts as unset.
void apply_environment(OptionSet& options);
/// Throws UsageError if a LENET_… variable looks like a misspelled option, or names one that can be given
/// only on the command line.
void refuse_misspelled_variables(const OptionSet& options);
/// Stores the values of a TOML file. Throws UsageError with file and line for unknown keys and wrong types.
void apply_config_file(OptionSet& options, const std::string& path);

/// Returns the environment variable: "LENET_DATA_ON_DEVICE".
std::string environment_name(const Option& option);
/// Returns the option's current value as text, or nullopt if it has none.
std::optional<std::string> value_text(const Option& option);
/// Returns the key in configuration files: "data_on_device".
std::string config_key(const Option& option);

/// Returns the current values of all options that are saved, as TOML for apply_config_file.
std::string config_text(const OptionSet& options);

}  // namespace lenet::cli
