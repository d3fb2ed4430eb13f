#include "engine/tensorboard/test_result.hpp"

#include <vector>

#include "engine/core/descriptor.hpp"
#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/tensorboard/event_file.hpp"

namespace lenet::tensorboard {

void write_test_result(const std::filesystem::path& run, std::int64_t step, const Metrics& test) {
  const std::filesystem::path folder = run / "train";
  if (session_files(folder).empty()) return;
  const Descriptor lock = try_lock_folder(run);
  if (!lock) return;
  const std::vector<std::filesystem::path> earlier = event_files_of(folder, kTestAccuracyTag);
  EventFile(folder).write(step, {{std::string(kTestAccuracyTag), Scalar{test.accuracy()}},
                                 {std::string(kTestLossTag), Scalar{test.loss()}}});
  for (const auto& file : earlier) remove_file(file);
}

}  // namespace lenet::tensorboard
