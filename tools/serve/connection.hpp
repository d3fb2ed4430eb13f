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
  std::size_t head_bytes = 16 << 10;          ///< request line and headers
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
  enum class End { none, closed, slow, long_head, server_stops };

  Connection(Descriptor socket, const ConnectionLimits& limits, const ServerState& server);

  /// Waits for the first byte of the next request. Returns false if none comes: the client closed the
  /// connection or was idle for too long, or the server stops.
  bool wait_for_request();
  /// Starts the body of a request: the next reads return at most this many bytes.
  void begin_body(std::uint64_t bytes) { allowance_ = bytes; }

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

  Descriptor socket_;
  const ConnectionLimits& limits_;
  const ServerState& server_;
  End end_ = End::none;
  bool is_first_ = true;
  Clock::time_point request_began_ = Clock::now();
  std::uint64_t allowance_ = 0;  ///< bytes that the request may still have
  std::span<const char> unread_;
  std::array<char, 16384> buffer_;
};

}  // namespace lenet::serve
