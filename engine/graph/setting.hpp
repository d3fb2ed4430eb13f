#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

namespace lenet {

/// A setting of a layer or an optimizer by name, for banners, graphs and files.
struct Setting {
  std::string_view name;
  std::variant<std::int64_t, float, std::string_view> value;
};

}  // namespace lenet
