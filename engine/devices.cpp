#include "engine/devices.hpp"

#include <charconv>
#include <string>

#include "engine/core/error.hpp"
#include "engine/cpu/cpu_backend.hpp"

namespace lenet {
namespace {

int parse_index(std::string_view digits, std::string_view whole) {
  int index = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc{} || end != digits.data() + digits.size() || index < 0)
    throw UsageError("unknown device '" + std::string(whole) + "': expected auto, cpu, cuda, cuda:N or N");
  return index;
}

}  // namespace

DeviceChoice parse_device(std::string_view text) {
  using Kind = DeviceChoice::Kind;
  if (text == "auto") return {.kind = Kind::automatic};
  if (text == "cpu") return {.kind = Kind::cpu};
  if (text == "cuda") return {.kind = Kind::cuda};
  const std::string_view digits = text.starts_with("cuda:") ? text.substr(5) : text;
  return {.kind = Kind::cuda, .index = parse_index(digits, text)};
}

OpenedBackend open_backend(const DeviceChoice& choice, int threads) {
  if (choice.kind == DeviceChoice::Kind::cuda)
    throw DeviceError("this build has no CUDA backend: use --device cpu");
  return {.backend = cpu::make_backend({.threads = threads}), .fallback_reason = ""};
}

std::vector<DeviceInfo> list_devices() { return {cpu::make_backend({})->info()}; }

}  // namespace lenet
