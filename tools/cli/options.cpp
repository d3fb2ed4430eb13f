#include "tools/cli/options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <type_traits>

#include "engine/core/error.hpp"
#include "engine/core/number.hpp"
#include "engine/core/text.hpp"

namespace lenet::cli {
namespace {

template <class T>
struct Unwrapped {
  using type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using type = T;
};
/// The value type of a field: int64 for both int64* and optional<int64>*.
template <class Pointer>
using ValueOf = typename Unwrapped<std::remove_pointer_t<Pointer>>::type;

std::string limits_text(const Limits& limits) {
  const bool has_lowest = std::isfinite(limits.lowest);
  const bool has_highest = std::isfinite(limits.highest);
  if (limits.lowest == static_cast<double>(std::numeric_limits<float>::min()))
    return " above 0 that a float can hold";
  if (has_lowest && has_highest)
    return fmt::format(" in {}{}, {}{}", limits.lowest_excluded ? '(' : '[', limits.lowest, limits.highest,
                       limits.highest_excluded ? ')' : ']');
  if (has_lowest)
    return fmt::format("{} {}", limits.lowest_excluded ? " above" : ", at least", limits.lowest);
  return "";
}

std::string expected_text(const Option& option, std::string_view kind) {
  return option.choices.empty() ? fmt::format("{}{}", kind, limits_text(option.limits))
                                : list_of(option.choices);
}

std::string shown(const OptionValue& value) {
  return std::visit([](const auto& held) { return shortened(fmt::format("{}", held)); }, value);
}

[[noreturn]] void refuse(std::string_view origin, const OptionValue& value, std::string_view expected) {
  throw UsageError(fmt::format("{}: '{}' is not {}", origin, shown(value), expected));
}

bool within(double number, const Limits& limits) {
  return (limits.lowest_excluded ? number > limits.lowest : number >= limits.lowest) &&
         (limits.highest_excluded ? number < limits.highest : number <= limits.highest);
}

std::optional<bool> parse(std::type_identity<bool>, const OptionValue& value) {
  if (const auto* held = std::get_if<bool>(&value)) return *held;
  const auto* text = std::get_if<std::string>(&value);
  if (!text) return std::nullopt;
  static constexpr std::array<std::string_view, 4> kTrue = {"true", "1", "on", "yes"};
  static constexpr std::array<std::string_view, 4> kFalse = {"false", "0", "off", "no"};
  if (std::ranges::find(kTrue, *text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, *text) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse(std::type_identity<std::int64_t>, const OptionValue& value) {
  if (const auto* held = std::get_if<std::int64_t>(&value)) return *held;
  if (const auto* text = std::get_if<std::string>(&value)) return parse_number<std::int64_t>(*text);
  return std::nullopt;
}

std::optional<double> parse(std::type_identity<double>, const OptionValue& value) {
  std::optional<double> number;
  if (const auto* held = std::get_if<double>(&value)) number = *held;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) number = static_cast<double>(*whole);
  if (const auto* text = std::get_if<std::string>(&value)) number = parse_number<double>(*text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::string> parse(std::type_identity<std::string>, const OptionValue& value) {
  if (const auto* held = std::get_if<std::string>(&value)) return *held;
  return std::nullopt;
}

template <class T>
constexpr std::string_view kKind = "";
template <>
constexpr std::string_view kKind<bool> = "true or false";
template <>
constexpr std::string_view kKind<std::int64_t> = "a whole number";
template <>
constexpr std::string_view kKind<double> = "a number";
template <>
constexpr std::string_view kKind<std::string> = "a text in quotes";

template <class T>
T checked(const Option& option, const OptionValue& value, std::string_view origin) {
  const std::optional<T> parsed = parse(std::type_identity<T>{}, value);
  if (!parsed) refuse(origin, value, expected_text(option, kKind<T>));
  if constexpr (std::is_same_v<T, std::string>) {
    if (parsed->empty()) throw UsageError(fmt::format("{}: must not be empty", origin));
    if (!option.choices.empty() && std::ranges::find(option.choices, *parsed) == option.choices.end())
      throw UsageError(fmt::format("{}: {}", origin, unknown_name(option.name, *parsed, option.choices)));
  } else if constexpr (!std::is_same_v<T, bool>) {
    if (!within(static_cast<double>(*parsed), option.limits))
      refuse(origin, value, expected_text(option, kKind<T>));
  }
  return *parsed;
}

}  // namespace

const Option* OptionSet::find(std::string_view name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found == options_.end() ? nullptr : &*found;
}

const Option& OptionSet::at(std::string_view name) const {
  if (const Option* option = find(name)) return *option;
  std::vector<std::string_view> names;
  for (const Option& option : options_) names.push_back(option.name);
  throw UsageError(unknown_name("option", name, names));
}

OptionSource OptionSet::source_of(std::string_view name) const {
  const auto found = sources_.find(name);
  return found == sources_.end() ? OptionSource::fallback : found->second;
}

void OptionSet::assign(const Option& option, const OptionValue& value, OptionSource source,
                       std::string_view origin) {
  std::visit([&](auto* field) { *field = checked<ValueOf<decltype(field)>>(option, value, origin); },
             option.field);
  sources_[option.name] = source;
  if (option.excludes.empty()) return;
  // If two options exclude each other, the one from the stronger source wins; two from one source are an
  // error.
  const Option& other = at(option.excludes);
  const OptionSource other_source = source_of(other.name);
  if (other_source == source)
    throw UsageError(fmt::format("{}: cannot be combined with {}: choose one", origin, other.name));
  if (other_source != OptionSource::fallback) {
    std::get<std::optional<std::int64_t>*>(other.field)->reset();
    sources_.erase(other.name);
  }
}

std::string config_key(const Option& option) {
  std::string key(option.name);
  std::ranges::replace(key, '-', '_');
  return key;
}

}  // namespace lenet::cli
