#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lenet {

/// Names of a data set's classes, in the order of their labels. Without names, classes are digits: "0", "1".
class ClassNames {
 public:
  static constexpr std::size_t kLongest = 64;  ///< bytes of a name

  ClassNames() = default;
  /// Takes names in which class_name_fault() finds nothing.
  explicit ClassNames(std::vector<std::string> names) : names_(std::move(names)) {}

  bool empty() const { return names_.empty(); }
  std::size_t size() const { return names_.size(); }
  /// Returns a class's name, or its label as a number if there are no names.
  std::string of(std::int64_t label) const;
  /// Return what a class and a sample are called: "digit" and "digit", or with names "class" and "image".
  const char* class_noun() const { return empty() ? "digit" : "class"; }
  const char* sample_noun() const { return empty() ? "digit" : "image"; }
  /// Returns one name per line, without a last line's end; empty if there are no names.
  std::string text() const;

  bool operator==(const ClassNames&) const = default;

 private:
  std::vector<std::string> names_;
};

/// Returns the lines of a text as names, without the blanks around each, the lines' ends, a byte order mark
/// and blank lines at the end.
std::vector<std::string> class_name_lines(std::string_view text);

/// Returns why these cannot be names of classes, "line 3 is blank", or an empty text if they can. Each has 1
/// to kLongest bytes of UTF-8 that neither control a terminal nor turn the direction of what is around them,
/// and no two are the same.
std::string class_name_fault(const std::vector<std::string>& names);

}  // namespace lenet
