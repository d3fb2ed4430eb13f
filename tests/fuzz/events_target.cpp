// TensorBoard's event files, which a resumed run cuts.
#include "engine/tensorboard/record_file.hpp"
#include "tests/fuzz/targets.hpp"

namespace lenet::fuzz {

void run_events(Bytes bytes) {
  const std::string text = text_of(bytes);
  std::string rebuilt;
  for (const std::string_view record : tensorboard::whole_records(text))
    rebuilt += tensorboard::framed_record(record);
  demand(text.starts_with(rebuilt), "records are not what the file holds");

  const std::string framed = tensorboard::framed_record(text);
  const auto records = tensorboard::whole_records(framed);
  demand(records.size() == 1 && records.front() == text, "a record is not read as it was written");
}

std::vector<std::string> events_seeds() {
  const std::string first = tensorboard::framed_record(
      "\x1a\x0d"
      "brain.Event:2");
  return {first, first + tensorboard::framed_record(std::string(40, '\x11')), first + std::string(16, '\0')};
}

}  // namespace lenet::fuzz
