#pragma once

#include <cairo.h>
#include <string>
#include <string_view>
#include <vector>

namespace lenet::figures {

/// The family of all texts. Debian's fontconfig installs it; it looks alike on every machine.
inline constexpr const char* kFontFamily = "DejaVu Sans";

/// Draws texts with the fonts in ../share/lenet/fonts of the program's folder, if it holds any, and with the
/// system's otherwise. To be called before anything is drawn.
void choose_fonts();

/// A part of a text that one font draws.
struct TextRun {
  std::string text;
  cairo_font_face_t* font = nullptr;  ///< if null, kFontFamily's; never destroyed
};

/// Splits a UTF-8 text by the fonts that have its characters: the usual family's wherever it can, else the
/// first of the system's. Characters that no font has are left to the usual one, which draws boxes.
std::vector<TextRun> font_runs(std::string_view text, bool bold);

/// Returns the characters that no font had since the last call, each once per process.
std::vector<std::string> take_characters_without_font();

}  // namespace lenet::figures
