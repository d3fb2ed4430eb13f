#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/descriptor.hpp"

namespace lenet::serve {

/// Limits on what one client may take from the others.
struct ConnectionLimits {
  std::chrono::milliseconds request{10'000};  ///< for a request to arrive, and for its answer to be taken
  std::chrono::milliseconds crowded{500};     ///< the same while other clients wait for a place
  std::chrono::milliseconds idle{5'000};      ///< between two requests
  std::int64_t head_bytes = 16 << 10;         ///< request line and headers
  // cpp-httplib refuses more without a reason, and in some versions accepts any number of headers.
  std::int64_t header_bytes = 8 << 10;  ///< a header with its line's end
  int headers = 100;
};

/// State of the server that its connections watch.
struct ServerState {
  std::atomic<bool> stopping{false};
  std::atomic<bool> crowded{false};  ///< every place is taken, and a client waits for one
};

/// A client's connection. However the client behaves, no call takes longer than the limits allow.
class Connection {
 public:
  /// Reasons for which no more is read.
  enum class End { none, closed, slow, long_head, long_header, many_headers, server_stops };

  Connection(Descriptor socket, const ConnectionLimits& limits, const ServerState& server);

  /// Waits for the first byte of the next request. Returns false if none comes: the client closed the
  /// connection or was idle for too long, or the server stops.
  bool wait_for_request();
  /// Starts the body of a request: the next reads return at most this many bytes.
  void begin_body(std::uint64_t bytes) {
    allowance_ = bytes;
    is_head_ = false;
  }

  /// Reads at least one byte. Returns the number of bytes, or 0 at the end: end() says why.
  std::size_t read(std::span<char> bytes);
  /// Writes all. Returns false if the client does not take it.
  bool write(std::string_view bytes);
  End end() const { return end_; }

  /// Closes the connection so that the client can read the last answer, even if it is still sending.
  void finish();

  int descriptor() const { return socket_.get(); }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::milliseconds limit() const { return server_.crowded ? limits_.crowded : limits_.request; }
  /// Waits for an event of poll(2) for a moment, and not beyond `deadline`.
  bool wait_for(short event, Clock::time_point deadline) const;
  /// Receives into the empty buffer. Returns false at the end of the stream.
  bool receive();
  bool fill();
  /// Counts the headers in bytes of a head, and their sizes. Sets the end if there are too many.
  void count_headers(std::span<const char> bytes);

  Descriptor socket_;
  const ConnectionLimits& limits_;
  const ServerState& server_;
  End end_ = End::none;
  bool is_first_ = true;
  Clock::time_point request_began_ = Clock::now();
  std::uint64_t allowance_ = 0;  ///< bytes that the request may still have
  bool is_head_ = true;
  int line_ = 0;                 ///< of the head; the first is the request line
  std::int64_t line_bytes_ = 0;  ///< of that line so far
  std::span<const char> unread_;
  std::array<char, 16384> buffer_;
};

}  // namespace lenet::serve
