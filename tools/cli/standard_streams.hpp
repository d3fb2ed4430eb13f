#pragma once

#include <array>
#include <memory>
#include <streambuf>
#include <string_view>

#include "engine/core/descriptor.hpp"

namespace lenet::cli {

/// Writes to a descriptor, also if it does not block: waits until it takes more. Keeps the first error, after
/// which all output is dropped.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor);

  /// Returns the errno value of the first write that failed, or 0.
  int error() const { return error_; }

 protected:
  int_type overflow(int_type letter) override;
  int sync() override;

 private:
  void write_all(std::string_view bytes);

  int descriptor_;
  int error_ = 0;
  std::array<char, 4096> bytes_;
};

/// The standard streams of a program as long as the object exists. It is made before anything else.
///
/// Opens /dev/null in place of standard streams that are closed, so that no file gets their number. std::cout
/// writes to standard output; whatever libraries print there by its number goes to standard error, so that an
/// answer in JSON holds nothing else. That stays so after the object: libraries also print when they end, and
/// what they had printed before may still be in a buffer.
class StandardStreams {
 public:
  StandardStreams();
  ~StandardStreams();
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

  /// Writes what std::cout still holds. Returns the errno value of the first write that failed, or 0.
  int flush();

 private:
  Descriptor answers_;  ///< the program's own descriptor of standard output
  std::unique_ptr<DescriptorBuffer> output_;
  std::unique_ptr<DescriptorBuffer> errors_;
  std::streambuf* earlier_output_ = nullptr;
  std::streambuf* earlier_errors_ = nullptr;
};

/// Returns the descriptor that std::cout writes to, which may be a terminal.
int output_descriptor();

}  // namespace lenet::cli
