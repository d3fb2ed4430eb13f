#include "engine/figures/cairo/fonts.hpp"

#include <algorithm>
#include <array>
#include <cairo-ft.h>
#include <filesystem>
#include <fontconfig/fontconfig.h>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <utility>

#include "engine/core/program_folder.hpp"

namespace lenet::figures {
namespace {

template <class T, void (*destroy)(T*)>
struct Destroyer {
  void operator()(T* object) const { destroy(object); }
};
using Pattern = std::unique_ptr<FcPattern, Destroyer<FcPattern, FcPatternDestroy>>;
using FontSet = std::unique_ptr<FcFontSet, Destroyer<FcFontSet, FcFontSetDestroy>>;

bool has_own_fonts = false;

/// Returns the configuration with the system's fonts; null stands for the current one.
FcConfig* system_fonts() {
  if (!has_own_fonts) return nullptr;
  static FcConfig* const loaded = [] {
    // Without a file of its own, fontconfig would print an error.
    FcChar8* const file = FcConfigFilename(nullptr);
    if (!file) return FcConfigCreate();
    FcStrFree(file);
    return FcInitLoadConfigAndFonts();
  }();
  return loaded;
}

Pattern request_for(bool bold, FcConfig* config) {
  Pattern request(FcPatternCreate());
  FcPatternAddString(request.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>(kFontFamily));
  FcPatternAddInteger(request.get(), FC_WEIGHT, bold ? FC_WEIGHT_BOLD : FC_WEIGHT_MEDIUM);
  FcConfigSubstitute(config, request.get(), FcMatchPattern);
  FcDefaultSubstitute(request.get());
  return request;
}

bool has(const FcPattern* font, FcChar32 character) {
  FcCharSet* characters = nullptr;
  return font && FcPatternGetCharSet(font, FC_CHARSET, 0, &characters) == FcResultMatch &&
         FcCharSetHasChar(characters, character);
}

/// The fonts of one weight.
class Fonts {
 public:
  explicit Fonts(bool bold) : bold_(bold) {
    FcResult ignored{};
    usual_.reset(FcFontMatch(nullptr, request_for(bold, nullptr).get(), &ignored));
  }

  bool usual_has(FcChar32 character) const { return has(usual_.get(), character); }

  /// Returns the first of the system's fonts that has a character, or null if none has it.
  cairo_font_face_t* other_with(FcChar32 character) {
    if (!others_) {
      FcResult ignored{};
      others_.reset(
          FcFontSort(system_fonts(), request_for(bold_, system_fonts()).get(), FcFalse, nullptr, &ignored));
    }
    if (!others_) return nullptr;
    const auto fonts = std::span(others_->fonts, static_cast<std::size_t>(others_->nfont));
    const auto font =
        std::ranges::find_if(fonts, [&](const FcPattern* candidate) { return has(candidate, character); });
    return font == fonts.end() ? nullptr : face_of(*font);
  }

 private:
  cairo_font_face_t* face_of(FcPattern* font) {
    cairo_font_face_t*& face = faces_[font];
    if (!face) {
      const Pattern prepared(
          FcFontRenderPrepare(system_fonts(), request_for(bold_, system_fonts()).get(), font));
      face = cairo_ft_font_face_create_for_pattern(prepared.get());
    }
    return face;
  }

  bool bold_;
  Pattern usual_;
  FontSet others_;  ///< all, the nearest to the usual one first; sorted when one is needed
  std::map<const FcPattern*, cairo_font_face_t*> faces_;
};

/// The characters of all texts so far that are not of the usual font.
struct Characters {
  std::mutex mutex;
  std::array<Fonts, 2> fonts{Fonts(false), Fonts(true)};
  std::array<std::map<FcChar32, cairo_font_face_t*>, 2> faces;  ///< null where no font has the character
  std::set<FcChar32> without_font;
  std::vector<std::string> not_taken;
};

Characters& characters() {
  static Characters all;
  return all;
}

/// Returns the font of a character, null for the usual one.
cairo_font_face_t* font_of(FcChar32 character, std::string_view bytes, bool bold) {
  Characters& all = characters();
  if (all.fonts[bold].usual_has(character)) return nullptr;
  const auto [known, is_new] = all.faces[bold].try_emplace(character, nullptr);
  if (is_new) known->second = all.fonts[bold].other_with(character);
  if (!known->second && all.without_font.insert(character).second) all.not_taken.emplace_back(bytes);
  return known->second;
}

}  // namespace

void choose_fonts() {
  const std::filesystem::path folder = program_folder().parent_path() / "share/lenet/fonts";
  // Single files, not the folder: fontconfig writes a cache for each folder.
  const std::unique_ptr<FcConfig, decltype(&FcConfigDestroy)> config(FcConfigCreate(), FcConfigDestroy);
  for (const char* file : {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"}) {
    const std::string path = (folder / file).string();
    has_own_fonts |=
        FcConfigAppFontAddFile(config.get(), reinterpret_cast<const FcChar8*>(path.c_str())) == FcTrue;
  }
  if (has_own_fonts) FcConfigSetCurrent(config.get());
}

std::vector<TextRun> font_runs(std::string_view text, bool bold) {
  const std::lock_guard lock(characters().mutex);
  std::vector<TextRun> runs;
  while (!text.empty()) {
    FcChar32 character = 0;
    const int decoded = FcUtf8ToUcs4(reinterpret_cast<const FcChar8*>(text.data()), &character,
                                     static_cast<int>(text.size()));
    const auto length = static_cast<std::size_t>(std::max(1, decoded));
    const std::string_view bytes = text.substr(0, length);
    cairo_font_face_t* const font = decoded > 0 ? font_of(character, bytes, bold) : nullptr;
    if (runs.empty() || runs.back().font != font) runs.push_back({.text = "", .font = font});
    runs.back().text += bytes;
    text.remove_prefix(length);
  }
  return runs;
}

std::vector<std::string> take_characters_without_font() {
  const std::lock_guard lock(characters().mutex);
  return std::exchange(characters().not_taken, {});
}

}  // namespace lenet::figures
