#pragma once

namespace lenet::figures {

/// The family of all texts. Debian's fontconfig installs it; it looks alike on every machine.
inline constexpr const char* kFontFamily = "DejaVu Sans";

/// Draws texts with the fonts in ../share/lenet/fonts of the program's folder, if it holds any, and with the
/// system's otherwise. To be called before anything is drawn.
void choose_fonts();

}  // namespace lenet::figures
