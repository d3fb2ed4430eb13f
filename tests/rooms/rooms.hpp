#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The rooms of the source tree and the rules for their includes, as the table in README.md states them.
namespace lenet::rooms {

/// Permission to include another room's headers, except for those whose paths contain one of `except`.
struct Permission {
  std::string folder;
  std::vector<std::string> except = {};
};

struct Room {
  std::string folder;            ///< "engine/core", or a header: "engine/backend.hpp"
  bool may_include_all = false;  ///< every room of the table
  std::vector<Permission> may_include = {};
  bool may_use_any_library = false;
  std::vector<std::string> libraries = {};
};

struct Source {
  std::string path;  ///< relative to the root of the tree
  std::string text;
};

/// Parses the table "folder | holds | may include | libraries" in `markdown`. A room may be named by the last
/// part of its path. Throws std::runtime_error if there is no such table, or if a row names a room that is
/// not in it.
std::vector<Room> parse_rooms(std::string_view markdown);

/// The room with the longest path that `path` begins with, or nullptr.
const Room* room_of(const std::vector<Room>& rooms, std::string_view path);

/// One line per offence against the table: a source outside of all rooms, an include that its room may not
/// have, a header that no library is known for, a library that a room lists without a use. Sorted.
std::vector<std::string> find_violations(const std::vector<Room>& rooms, const std::vector<Source>& sources);

/// A cycle of rooms that include each other, "engine/io > engine/train > engine/io"; empty if there is none.
std::string find_cycle(const std::vector<Room>& rooms, const std::vector<Source>& sources);

}  // namespace lenet::rooms
