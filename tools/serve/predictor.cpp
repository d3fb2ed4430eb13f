#include "tools/serve/predictor.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/pictures/digit_picture.hpp"
#include "data/pictures/picture.hpp"
#include "engine/core/prediction.hpp"
#include "engine/io/checkpoint.hpp"

namespace lenet::serve {
namespace {

using Json = nlohmann::ordered_json;

// Pictures that are read at the same time: a large one takes hundreds of megabytes meanwhile.
constexpr int kPictures = 2;
constexpr std::chrono::seconds kLongestWait{10};

// Replaces invalid UTF-8, because a file name may contain any bytes.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<double> numbers_in(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw BodyError("the body is not JSON");
  if (!json.is_array() || !std::ranges::all_of(json, [](const Json& item) { return item.is_number(); }))
    throw BodyError("the body is not a JSON array of numbers");
  return json.get<std::vector<double>>();
}

std::vector<std::uint8_t> pixels_in(std::string_view text, std::int64_t count) {
  const std::vector<double> numbers = numbers_in(text);
  if (std::ssize(numbers) != count)
    throw BodyError(fmt::format("the array has {} numbers, expected {}: one per pixel, row by row",
                                numbers.size(), count));
  if (!std::ranges::all_of(numbers, [](double number) { return number >= 0 && number <= 255; }))
    throw BodyError("a number is outside of 0 to 255: 0 is paper, 255 is ink");
  const bool has_fractions =
      std::ranges::any_of(numbers, [](double number) { return number != std::floor(number); });
  if (has_fractions && std::ranges::max(numbers) <= 1)
    throw BodyError("the numbers seem to be scaled to 0 to 1: send pixels from 0 to 255");
  std::vector<std::uint8_t> pixels(numbers.size());
  std::ranges::transform(numbers, pixels.begin(),
                         [](double number) { return static_cast<std::uint8_t>(std::lround(number)); });
  return pixels;
}

std::vector<pictures::PictureDigit> digits_in(const pictures::Picture& picture, Content content) {
  if (content == Content::digits) return pictures::digits_from_picture(picture);
  std::vector<pictures::PictureDigit> one(1);
  one.front().pixels = pictures::digit_from_picture(picture);
  return one;
}

/// The predicted class is also shown by its name if classes have names.
Json answer_of(std::span<const float> logits, const std::vector<std::uint8_t>& pixels,
               const ClassNames& names) {
  const std::int64_t answer = most_likely(logits, 1).front().label;
  Json json = {{"digit", answer}};
  if (!names.empty()) json["class"] = names.of(answer);
  json["probabilities"] = softmax(logits);
  json["pixels"] = pixels;
  return json;
}

/// Adds where a digit is in its picture, and why it may be none, under the names that lenet_predict uses.
void add_findings(Json& answer, const pictures::PictureDigit& digit) {
  answer["place"] = {{"left", digit.place.left},
                     {"top", digit.place.top},
                     {"width", digit.place.width()},
                     {"height", digit.place.height()}};
  if (!digit.doubt.empty()) answer["not_sure"] = digit.doubt;
}

}  // namespace

/// The right to read a picture.
class Predictor::Place {
 public:
  explicit Place(Predictor& predictor) : predictor_(predictor) {
    std::unique_lock lock(predictor.places_);
    if (!predictor.place_is_free_.wait_for(lock, kLongestWait, [&] { return predictor.free_places_ > 0; }))
      throw BusyError("other pictures are being read: try again");
    --predictor.free_places_;
  }
  ~Place() {
    const std::lock_guard lock(predictor_.places_);
    ++predictor_.free_places_;
    predictor_.place_is_free_.notify_one();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Predictor& predictor_;
};

Predictor::Predictor(cli::LoadedModel loaded, const cli::DeviceOptions& device)
    : loaded_(std::move(loaded)), running_(cli::start(loaded_, device)), free_places_(kPictures) {
  // Prepares what the first prediction needs, so that the first client does not wait for it.
  logits_of(std::vector<std::uint8_t>(static_cast<std::size_t>(loaded_.model.graph.input().count())));
}

std::string Predictor::predict_picture(std::span<const std::uint8_t> bytes, Content content) {
  std::vector<pictures::PictureDigit> digits;
  {
    const Place place(*this);
    digits = digits_in(pictures::decode_picture(bytes), content);
  }
  std::vector<std::uint8_t> pixels;
  for (const pictures::PictureDigit& digit : digits)
    pixels.insert(pixels.end(), digit.pixels.begin(), digit.pixels.end());
  const std::vector<float> logits = logits_of(pixels);
  const std::size_t classes = logits.size() / digits.size();
  Json answers = Json::array();
  for (std::size_t i = 0; i < digits.size(); ++i) {
    Json answer = answer_of(std::span(logits).subspan(i * classes, classes), digits[i].pixels, class_names());
    if (content == Content::digits) add_findings(answer, digits[i]);
    answers.push_back(std::move(answer));
  }
  Json first = answers.front();
  answers.erase(0);
  if (content == Content::digits) first["more"] = std::move(answers);
  return text_of(first);
}

std::string Predictor::predict_numbers(std::string_view json) {
  const std::vector<std::uint8_t> pixels = pixels_in(json, loaded_.model.graph.input().count());
  return text_of(answer_of(logits_of(pixels), pixels, class_names()));
}

std::vector<float> Predictor::logits_of(std::span<const std::uint8_t> pixels) {
  const std::lock_guard lock(program_);
  return running_.program->logits(pixels);
}

std::string Predictor::description() const {
  return fmt::format("{} of {} on {}", loaded_.model.name, loaded_.file.string(), running_.device.name);
}

std::string Predictor::health() const {
  const io::CheckpointInfo& info = loaded_.checkpoint.info;
  Json json = {{"status", "ok"},
               {"model", loaded_.model.name},
               {"recipe", info.recipe},
               {"file", loaded_.file.string()},
               {"device", running_.device.name}};
  for (std::size_t label = 0; label < class_names().size(); ++label)
    json["classes"].push_back(class_names().of(static_cast<std::int64_t>(label)));
  return text_of(json);
}

}  // namespace lenet::serve
