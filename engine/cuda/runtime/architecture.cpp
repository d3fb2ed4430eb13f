#include "engine/cuda/runtime/architecture.hpp"

#include <charconv>

namespace lenet::cuda {
namespace {

/// One entry of a list of architectures: does its code run on `device`, which is 10 × major + minor?
bool entry_runs_on(std::string_view entry, int device) {
  int built = 0;
  const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), built);
  if (error != std::errc{}) return true;
  const std::string_view rest(end, static_cast<std::size_t>(entry.data() + entry.size() - end));
  const bool machine_code = !rest.ends_with("-virtual");
  const bool ptx = !rest.ends_with("-real") && !rest.starts_with("a") && !rest.starts_with("f");
  if (machine_code && device / 10 == built / 10 && device >= built) return true;
  return ptx && device >= built;
}

}  // namespace

bool runs_on(std::string_view architectures, ComputeCapability device) {
  while (!architectures.empty()) {
    const std::size_t end = architectures.find_first_of(";, ");
    const std::string_view entry = architectures.substr(0, end);
    if (!entry.empty() && entry_runs_on(entry, 10 * device.major + device.minor)) return true;
    architectures.remove_prefix(end == std::string_view::npos ? architectures.size() : end + 1);
  }
  return false;
}

std::string why_no_code(int index, const cudaDeviceProp& device) {
  if (runs_on(LENET_CUDA_ARCHITECTURES, {device.major, device.minor})) return "";
  const std::string major = std::to_string(device.major), minor = std::to_string(device.minor);
  return "cuda:" + std::to_string(index) + " (" + device.name + ") has compute capability " + major + "." +
         minor +
         ", and this build has code for " LENET_CUDA_ARCHITECTURES
         ": build with -DCMAKE_CUDA_ARCHITECTURES=" +
         major + minor;
}

}  // namespace lenet::cuda
