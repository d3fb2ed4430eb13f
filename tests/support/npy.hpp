#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

/// Writes an array as numpy.load reads it (NEP 1, version 1.0). `dtype` is "|u1", "<f4" or "<f8".
template <class T>
void write_npy(const std::filesystem::path& path, const char* dtype, const std::vector<std::int64_t>& shape,
               std::span<const T> values) {
  std::string sizes;
  for (const std::int64_t size : shape) sizes += std::to_string(size) + ",";
  std::string header =
      std::string("{'descr': '") + dtype + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() & 0xFF)).put(static_cast<char>(header.size() >> 8));
  file << header;
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

template <class T>
void write_npy(const std::filesystem::path& path, const char* dtype, const std::vector<std::int64_t>& shape,
               const std::vector<T>& values) {
  write_npy(path, dtype, shape, std::span<const T>(values));
}
