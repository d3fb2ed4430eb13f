#include "engine/figures/cairo/fonts.hpp"

#include <array>
#include <filesystem>
#include <fontconfig/fontconfig.h>
#include <memory>

#include "engine/core/program_folder.hpp"

namespace lenet::figures {

void choose_fonts() {
  const std::filesystem::path folder = program_folder().parent_path() / "share/lenet/fonts";
  // Single files, not the folder: fontconfig writes a cache for each folder.
  const std::unique_ptr<FcConfig, decltype(&FcConfigDestroy)> config(FcConfigCreate(), FcConfigDestroy);
  bool found = false;
  for (const char* file : {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"}) {
    const std::string path = (folder / file).string();
    found |= FcConfigAppFontAddFile(config.get(), reinterpret_cast<const FcChar8*>(path.c_str())) == FcTrue;
  }
  if (found) FcConfigSetCurrent(config.get());
}

}  // namespace lenet::figures
