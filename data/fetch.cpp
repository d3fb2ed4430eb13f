#include "data/fetch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <curl/curl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "data/byte_source.hpp"
#include "data/certificates.hpp"
#include "data/idx.hpp"
#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/folder.hpp"
#include "engine/core/sha256.hpp"

namespace lenet::data {
namespace {

namespace fs = std::filesystem;

// Limit for a download. The largest of the four files has 9.9 MB.
constexpr std::size_t kLargestDownload = 64 << 20;
// Limit for its decompressed bytes. The largest file has 47 MB.
constexpr std::size_t kLargestContent = 64 << 20;

/// Initializes libcurl, which must happen once, before any thread uses it.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw DataError(std::string("libcurl: ") + curl_easy_strerror(started));
}

struct CloseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

struct Answer {
  std::string body;
  std::string trouble;        ///< empty if the answer is a file
  bool is_transient = false;  ///< another attempt may succeed
};

std::size_t append_body(char* data, std::size_t, std::size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + count > kLargestDownload) return 0;  // libcurl treats this as an error
  text.append(data, count);
  return count;
}

using Progress = std::function<void(std::int64_t, std::int64_t)>;

int tell_progress(void* progress, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  (*static_cast<Progress*>(progress))(now, total);
  return 0;
}

Answer download(const std::string& url, const FetchOptions& options, Progress progress) {
  start_curl();
  const std::unique_ptr<CURL, CloseCurl> curl(curl_easy_init());
  if (!curl) throw DataError("libcurl has no memory left");
  Answer answer;
  std::array<char, CURL_ERROR_SIZE> message{};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "lenet");
  set(CURLOPT_CONNECTTIMEOUT, options.connect_timeout_seconds);
  set(CURLOPT_LOW_SPEED_LIMIT, 1000L);
  set(CURLOPT_LOW_SPEED_TIME, options.stall_timeout_seconds);
  set(CURLOPT_ERRORBUFFER, message.data());
  set(CURLOPT_WRITEFUNCTION, append_body);
  set(CURLOPT_WRITEDATA, &answer.body);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, tell_progress);
  set(CURLOPT_XFERINFODATA, &progress);
  const std::optional<std::string> certificates = certificate_file();
  if (certificates) set(CURLOPT_CAINFO, certificates->c_str());
  const CURLcode result = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (result != CURLE_OK) {
    answer.trouble = message[0] ? message.data() : curl_easy_strerror(result);
    if (result == CURLE_SSL_CACERT_BADFILE || (result == CURLE_PEER_FAILED_VERIFICATION && !certificates))
      answer.trouble += ": install ca-certificates, or name a file of certificates in SSL_CERT_FILE";
    // A refused connection or an unknown host is not transient: half a second later the answer is the same.
    answer.is_transient = result == CURLE_OPERATION_TIMEDOUT || result == CURLE_PARTIAL_FILE ||
                          result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING;
  } else if (status != 200 && status != 0) {  // 0: file://
    answer.trouble = fmt::format("HTTP status {}", status);
    answer.is_transient = status >= 500 || status == 429;
  }
  return answer;
}

/// Returns the fault of a file that should be one of MNIST's, or nullopt if its checksum matches.
std::optional<std::string> damage(const fs::path& path, const MnistFile& file) {
  try {
    const std::optional<std::string> found = content_sha256(path);
    if (!found) return "is larger than any file of MNIST";
    if (*found == file.sha256) return std::nullopt;
    return fmt::format("SHA-256 {}…, expected {}…", found->substr(0, 12), file.sha256.substr(0, 12));
  } catch (const DataError& error) {
    // Leaves out the path in front: it is that of a temporary, which does not help the reader.
    const std::string text = error.what();
    return text.substr(std::min(text.size(), path.string().size() + 2));
  }
}

/// Throws DataError if a file that is not MNIST's is not damaged either: it is of another data set, which
/// must not be lost.
void require_no_other_set(const fs::path& path, const MnistFile& file) {
  try {
    file.images ? read_idx_images(path) : read_idx_labels(path);
  } catch (const DataError&) {
    return;
  }
  throw DataError(path.string() + ": is a valid file of another data set: name another folder with --out");
}

/// Stores the body under its name if it is the expected file. Returns its fault otherwise.
std::optional<std::string> store(const std::string& body, const fs::path& path, const MnistFile& file) {
  if (body.starts_with("<")) return "an HTML or XML page, not a file";
  AtomicFile candidate(path);
  candidate.write(std::as_bytes(std::span(body)));
  if (auto wrong = damage(candidate.temporary(), file)) return wrong;
  candidate.commit();
  return std::nullopt;
}

/// Downloads one file from one mirror. Returns the fault, or nullopt on success.
std::optional<std::string> fetch_from(const std::string& mirror, const MnistFile& file,
                                      const FetchOptions& options) {
  const std::string name = std::string(file.name) + ".gz";
  const Progress progress = [&](std::int64_t now, std::int64_t total) {
    if (options.on_progress) options.on_progress(file, now, total);
  };
  std::string trouble;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(options.pause);
    const Answer answer = download(mirror + name, options, progress);
    if (answer.trouble.empty()) return store(answer.body, options.folder / name, file);
    trouble = answer.trouble;
    if (!answer.is_transient) break;
  }
  return trouble;
}

void fetch_file(const MnistFile& file, const FetchOptions& options) {
  std::vector<std::string> answers;
  for (const std::string& mirror : options.mirrors) {
    const auto trouble = fetch_from(mirror, file, options);
    if (!trouble) {
      if (options.on_trouble) std::ranges::for_each(answers, options.on_trouble);
      return;
    }
    answers.push_back(fmt::format("{}{}.gz: {}", mirror, file.name, *trouble));
  }
  // The only line about them: each is in it.
  throw DataError(fmt::format("{} could not be downloaded: {}", file.name, fmt::join(answers, "; ")));
}

}  // namespace

std::vector<std::string> mnist_mirrors() {
  return {"https://ossci-datasets.s3.amazonaws.com/mnist/",
          "https://storage.googleapis.com/cvdf-datasets/mnist/"};
}

int fetch_mnist(const FetchOptions& options) {
  make_folders(options.folder);
  const Descriptor lock = lock_folder(options.folder);
  remove_temporaries(options.folder);
  int fetched = 0;
  for (const MnistFile& file : options.files) {
    const auto present = find_mnist_file(options.folder, file);
    if (present) {
      const auto wrong = damage(*present, file);
      if (!wrong) continue;
      require_no_other_set(*present, file);
      if (options.on_trouble)
        options.on_trouble(fmt::format("{}: {}: it is fetched again", present->string(), *wrong));
    }
    fetch_file(file, options);
    // A damaged file without .gz would be found before the new one.
    if (present && present->extension() != ".gz") remove_file(*present);
    ++fetched;
  }
  return fetched;
}

std::optional<std::string> content_sha256(const fs::path& path) {
  const auto source = ByteSource::open(path);
  Sha256 hash;
  std::size_t size = 0;
  std::array<std::uint8_t, 64 * 1024> part{};
  while (const std::size_t got = source->read(part)) {
    size += got;
    if (size > kLargestContent) return std::nullopt;
    hash.update(std::as_bytes(std::span(part).first(got)));
  }
  return hash.finish();
}

}  // namespace lenet::data
