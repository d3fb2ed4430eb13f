#include "engine/tensorboard/record_file.hpp"

#include <algorithm>
#include <cstdint>
#include <isa-l/crc.h>

namespace lenet::tensorboard {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kCrcBytes = 4;
static_assert(kFrameBytes == kLengthBytes + 2 * kCrcBytes);

template <typename Number>
void append_little_endian(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
}

template <typename Number>
Number read_little_endian(std::string_view bytes) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |= static_cast<Number>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return number;
}

std::uint32_t crc32c(std::string_view bytes) {
  constexpr std::size_t kMaxLength = 1 << 30;  // the library takes lengths as int
  std::uint32_t crc = ~std::uint32_t{0};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kMaxLength, bytes.size()))) {
    // The library only reads, but its parameter is not const; it leaves out the final inversion of CRC-32C.
    auto* const begin = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
    crc = crc32_iscsi(begin, static_cast<int>(std::min(kMaxLength, bytes.size())), crc);
  }
  return ~crc;
}

// Masks the CRC, as the format demands: the CRC of bytes that contain their own CRC would detect little.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

}  // namespace

std::string framed_record(std::string_view record) {
  std::string framed;
  framed.reserve(record.size() + kFrameBytes);
  append_little_endian(framed, static_cast<std::uint64_t>(record.size()));
  append_little_endian(framed, masked_crc(framed));
  framed += record;
  append_little_endian(framed, masked_crc(record));
  return framed;
}

std::vector<std::string_view> whole_records(std::string_view bytes) {
  std::vector<std::string_view> records;
  while (bytes.size() >= kFrameBytes) {
    const std::string_view length = bytes.substr(0, kLengthBytes);
    if (read_little_endian<std::uint32_t>(bytes.substr(kLengthBytes)) != masked_crc(length)) break;
    const auto size = read_little_endian<std::uint64_t>(length);
    if (size > bytes.size() - kFrameBytes) break;
    const std::string_view record = bytes.substr(kLengthBytes + kCrcBytes, size);
    if (read_little_endian<std::uint32_t>(bytes.substr(kLengthBytes + kCrcBytes + size)) !=
        masked_crc(record))
      break;
    records.push_back(record);
    bytes.remove_prefix(size + kFrameBytes);
  }
  return records;
}

}  // namespace lenet::tensorboard
