#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/random.hpp"

/// A data set of MNIST's form that a test can make in a moment: a bright square whose place is the label, in
/// noise.
namespace lenet {

inline void write_big_endian(std::ofstream& file, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) file.put(static_cast<char>(number >> shift));
}

inline void write_tiny_split(const std::filesystem::path& folder, const std::string& prefix,
                             std::uint32_t count, std::uint64_t seed) {
  std::ofstream images(folder / (prefix + "-images-idx3-ubyte"), std::ios::binary);
  std::ofstream labels(folder / (prefix + "-labels-idx1-ubyte"), std::ios::binary);
  for (const std::uint32_t number : {0x803u, count, 28u, 28u}) write_big_endian(images, number);
  for (const std::uint32_t number : {0x801u, count}) write_big_endian(labels, number);
  RandomSequence random(seed, RandomStream::synthetic_digits, 0);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t label = random.below(10);
    labels.put(static_cast<char>(label));
    for (std::uint32_t row = 0; row < 28; ++row)
      for (std::uint32_t column = 0; column < 28; ++column) {
        const bool in_square = row / 5 == label / 5 + 1 && column / 5 == label % 5;
        images.put(static_cast<char>(in_square ? 200 + random.below(56) : random.below(120)));
      }
  }
}

/// 620 training images, of which tests hold back the first 120, and 100 test images.
inline void write_tiny_data(const std::filesystem::path& folder, std::uint64_t seed = 1) {
  std::filesystem::create_directories(folder);
  write_tiny_split(folder, "train", 620, seed);
  write_tiny_split(folder, "t10k", 100, 2);
}

}  // namespace lenet
