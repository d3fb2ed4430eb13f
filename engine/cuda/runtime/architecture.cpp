#include "engine/cuda/runtime/architecture.hpp"

#include "engine/core/number.hpp"

namespace lenet::cuda {
namespace {

/// One entry of a list of architectures: does its code run on `device`, which is 10 × major + minor?
bool entry_runs_on(std::string_view entry, int device) {
  const std::string_view digits = leading_digits(entry);
  const auto number = parse_number<int>(digits);
  if (!number) return true;
  const int built = *number;
  const std::string_view rest = entry.substr(digits.size());
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
