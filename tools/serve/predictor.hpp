#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::serve {

/// A request's body is not what it is said to be.
class BodyError : public Error {
 public:
  using Error::Error;
};

/// More is asked of the server than it can do in time.
class BusyError : public Error {
 public:
  using Error::Error;
};

/// What a picture shows.
enum class Content {
  digits,  ///< any number of digits, found as lenet_predict finds them
  one,     ///< one digit, which all strokes belong to
};

/// Predicts digits for any number of threads. The answers are JSON objects with the digit, the name of its
/// class if it has one, the probabilities of all classes and the pixels that the network sees. For a picture
/// with several digits, it is about the first, and about the others in an array "more".
class Predictor {
 public:
  /// Throws DeviceError.
  Predictor(cli::LoadedModel loaded, const cli::DeviceOptions& device);

  /// Throws DataError if the picture cannot be read or shows no digit, BusyError if too many other pictures
  /// are read.
  std::string predict_picture(std::span<const std::uint8_t> bytes, Content content);
  /// Takes pixels as a JSON array of numbers from 0 to 255, row by row, 255 for ink. Throws BodyError.
  std::string predict_numbers(std::string_view json);

  /// Returns "cnn of runs/cnn-1/best.bin on cpu".
  std::string description() const;
  /// Returns a JSON object with the model, its file, the device and the names of classes, if they have names.
  std::string health() const;

 private:
  class Place;

  const ClassNames& class_names() const { return loaded_.checkpoint.info.class_names; }
  /// Returns the logits of images, row by row.
  std::vector<float> logits_of(std::span<const std::uint8_t> pixels);

  cli::LoadedModel loaded_;
  cli::RunningModel running_;
  std::mutex program_;  ///< which is not thread-safe

  std::mutex places_;
  std::condition_variable place_is_free_;
  int free_places_;
};

}  // namespace lenet::serve
