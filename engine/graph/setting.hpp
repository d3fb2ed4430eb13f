#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace lenet {

/// A named setting of a layer or an optimizer, for banners, graph displays and files.
struct Setting {
  std::string_view name;
  std::variant<std::int64_t, float, std::string_view> value;
};

/// Returns the settings of a Layer or an Optimizer.
template <class... Kinds>
std::vector<Setting> settings_of(const std::variant<Kinds...>& variant) {
  return std::visit(
      [](const auto& kind) {
        const auto settings = kind.settings();
        return std::vector<Setting>(settings.begin(), settings.end());
      },
      variant);
}

}  // namespace lenet
