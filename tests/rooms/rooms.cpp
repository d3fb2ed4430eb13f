#include "tests/rooms/rooms.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace lenet::rooms {
namespace {

constexpr std::string_view kHeader = "| folder | holds | may include | libraries |";

/// Libraries by the prefix of their headers; the first match counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kLibraries = {{
    {"cairo", "cairo"},
    {"cublas", "cuBLASLt"},
    {"cooperative_groups.h", "CUDA"},
    {"cuda", "CUDA"},
    {"cudnn_frontend", "cudnn-frontend"},
    {"cudnn", "cuDNN"},
    {"curl/", "libcurl"},
    {"fmt/", "{fmt}"},
    {"fontconfig/", "fontconfig"},
    {"httplib.h", "cpp-httplib"},
    {"google/protobuf/", "protobuf"},
    {"isa-l/", "ISA-L"},
    {"libexif/", "libexif"},
    {"nlohmann/", "nlohmann-json"},
    {"nvtx3/", "NVTX"},
    {"oneapi/dnnl/", "oneDNN"},
    {"openssl/", "OpenSSL"},
    {"spng.h", "libspng"},
    {"thrust/", "Thrust"},
    {"toml++/", "toml++"},
    {"turbojpeg.h", "libjpeg-turbo"},
    {"webp/", "libwebp"},
    {"zlib.h", "zlib"},
    {"zconf.h", "zlib"},
}};

/// Headers of C, POSIX and the compiler, which every room may include, by prefix.
constexpr std::array<std::string_view, 12> kSystem = {"arpa/",   "dlfcn.h",  "fcntl.h",  "immintrin.h",
                                                      "math.h",  "netdb.h",  "netinet/", "poll.h",
                                                      "sched.h", "signal.h", "sys/",     "unistd.h"};

struct Include {
  std::string header;
  bool quoted = false;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t`");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t`\r") - first + 1);
}

/// The parts of `text` between separators, without blanks and backticks at their ends.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string without_slash(std::string folder) {
  if (folder.ends_with('/')) folder.pop_back();
  return folder;
}

/// The names in a cell; empty for the words that stand for none or for all.
std::vector<std::string> names_in(const std::string& cell) {
  if (cell == "nothing" || cell == "none" || cell == "everything" || cell == "any") return {};
  return split(cell, ',');
}

/// The rows of the table, each with its four cells.
std::vector<std::vector<std::string>> rows_in(std::string_view markdown) {
  std::vector<std::vector<std::string>> rows;
  std::size_t begin = markdown.find(kHeader);
  if (begin == std::string_view::npos)
    throw std::runtime_error("there is no table \"" + std::string(kHeader) + "\"");
  for (const std::string& line : split(markdown.substr(begin), '\n')) {
    if (!line.starts_with('|')) break;
    std::vector<std::string> cells = split(line, '|');
    if (cells.size() != 6) throw std::runtime_error("this row has not four cells: " + line);
    rows.emplace_back(cells.begin() + 1, cells.begin() + 5);
  }
  rows.erase(rows.begin(), rows.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rows)));  // header and rule
  return rows;
}

/// The only room whose path is `name` or ends in it.
const std::string& folder_named(const std::string& name, const std::vector<Room>& rooms) {
  const Room* found = nullptr;
  for (const Room& room : rooms) {
    if (room.folder == name) return room.folder;
    if (!room.folder.ends_with("/" + name)) continue;
    if (found) throw std::runtime_error("two rooms are called " + name);
    found = &room;
  }
  if (!found) throw std::runtime_error("no room is called " + name);
  return found->folder;
}

/// Parses "kernels" or "kernels (not launch_ or .cuh)".
Permission parse_permission(const std::string& text, const std::vector<Room>& rooms) {
  constexpr std::string_view kExcept = " (not ", kOr = " or ";
  const std::size_t open = text.find(kExcept);
  if (open == std::string::npos) return {.folder = folder_named(text, rooms)};
  if (!text.ends_with(')')) throw std::runtime_error("a parenthesis is not closed: " + text);
  Permission permission{.folder = folder_named(text.substr(0, open), rooms)};
  std::string_view rest = std::string_view(text).substr(open + kExcept.size());
  rest.remove_suffix(1);
  for (std::size_t end = rest.find(kOr); end != std::string_view::npos; end = rest.find(kOr)) {
    permission.except.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + kOr.size());
  }
  permission.except.emplace_back(rest);
  return permission;
}

std::vector<Include> includes_of(const Source& source) {
  std::vector<Include> includes;
  for (const std::string& line : split(source.text, '\n')) {
    if (!line.starts_with('#')) continue;
    const std::string directive(trimmed(std::string_view(line).substr(1)));
    if (!directive.starts_with("include")) continue;
    const std::size_t open = directive.find_first_of("<\"");
    if (open == std::string::npos) continue;
    const bool quoted = directive[open] == '"';
    const std::size_t close = directive.find(quoted ? '"' : '>', open + 1);
    includes.push_back({.header = directive.substr(open + 1, close - open - 1), .quoted = quoted});
  }
  return includes;
}

/// Standard C++ headers have neither a dot nor a slash in their names.
bool is_of_system(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos ||
         std::ranges::any_of(kSystem, [&](std::string_view prefix) { return header.starts_with(prefix); });
}

std::optional<std::string> library_of(const Include& include) {
  if (include.quoted && include.header.ends_with(".pb.h")) return "protobuf";
  for (const auto& [prefix, library] : kLibraries)
    if (!include.quoted && include.header.starts_with(prefix)) return std::string(library);
  return std::nullopt;
}

bool may_include(const Room& room, const Room& other, std::string_view header) {
  return &room == &other || room.may_include_all ||
         std::ranges::any_of(room.may_include, [&](const Permission& permission) {
           return permission.folder == other.folder &&
                  std::ranges::none_of(permission.except, [&](const std::string& part) {
                    return header.find(part) != std::string_view::npos;
                  });
         });
}

/// Why `room` may not include this; empty if it may.
std::string offence(const std::vector<Room>& rooms, const Room& room, const Include& include) {
  if (include.quoted) {
    const Room* const other = room_of(rooms, include.header);
    if (!other) return "which is in no room";
    if (!may_include(room, *other, include.header))
      return room.folder + " may not include this from " + other->folder;
  } else if (is_of_system(include.header)) {
    return "";
  }
  const std::optional<std::string> library = library_of(include);
  if (!library) return include.quoted ? "" : "a header of no library that this test knows";
  if (room.may_use_any_library || std::ranges::find(room.libraries, *library) != room.libraries.end())
    return "";
  return room.folder + " does not list " + *library;
}

using Edges = std::map<std::string, std::set<std::string>>;

/// Extends `path`, which ends in its last room, until a room occurs twice.
std::string cycle_from(const Edges& edges, std::vector<std::string>& path, std::set<std::string>& done) {
  const std::string room = path.back();
  const auto targets = edges.find(room);
  if (targets == edges.end() || done.contains(room)) return "";
  for (const std::string& target : targets->second) {
    const auto first = std::ranges::find(path, target);
    if (first != path.end()) {
      std::string cycle;
      for (auto at = first; at != path.end(); ++at) cycle += *at + " > ";
      return cycle + target;
    }
    path.push_back(target);
    std::string cycle = cycle_from(edges, path, done);
    if (!cycle.empty()) return cycle;
    path.pop_back();
  }
  done.insert(room);
  return "";
}

}  // namespace

std::vector<Room> parse_rooms(std::string_view markdown) {
  const std::vector<std::vector<std::string>> rows = rows_in(markdown);
  std::vector<Room> rooms;
  for (const auto& row : rows)
    rooms.push_back({.folder = without_slash(row[0]),
                     .may_include_all = row[2] == "everything",
                     .may_use_any_library = row[3] == "any",
                     .libraries = names_in(row[3])});
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const std::string& name : names_in(rows[i][2]))
      rooms[i].may_include.push_back(parse_permission(name, rooms));
  return rooms;
}

const Room* room_of(const std::vector<Room>& rooms, std::string_view path) {
  const Room* best = nullptr;
  for (const Room& room : rooms)
    if ((path == room.folder || path.starts_with(room.folder + "/")) &&
        (!best || room.folder.size() > best->folder.size()))
      best = &room;
  return best;
}

std::vector<std::string> find_violations(const std::vector<Room>& rooms, const std::vector<Source>& sources) {
  std::set<std::string> violations;
  std::map<const Room*, std::set<std::string>> used;
  for (const Source& source : sources) {
    const Room* const room = room_of(rooms, source.path);
    if (!room) {
      violations.insert(source.path + " is in no room");
      continue;
    }
    for (const Include& include : includes_of(source)) {
      const std::string why = offence(rooms, *room, include);
      if (!why.empty()) violations.insert(source.path + " includes " + include.header + ": " + why);
      if (const auto library = library_of(include)) used[room].insert(*library);
    }
  }
  for (const Room& room : rooms)
    for (const std::string& library : room.libraries)
      if (!used[&room].contains(library))
        violations.insert(room.folder + " lists " + library + " and includes none of its headers");
  return {violations.begin(), violations.end()};
}

std::string find_cycle(const std::vector<Room>& rooms, const std::vector<Source>& sources) {
  Edges edges;
  for (const Source& source : sources) {
    const Room* const room = room_of(rooms, source.path);
    for (const Include& include : includes_of(source)) {
      const Room* const other = include.quoted ? room_of(rooms, include.header) : nullptr;
      if (room && other && room != other) edges[room->folder].insert(other->folder);
    }
  }
  std::set<std::string> done;
  for (const auto& [room, targets] : edges) {
    std::vector<std::string> path = {room};
    std::string cycle = cycle_from(edges, path, done);
    if (!cycle.empty()) return cycle;
  }
  return "";
}

}  // namespace lenet::rooms
