package = "penlight"
version = "1.13.1-1"
source = { url = "git+https://github.com/lunarmodules/penlight.git", tag = "1.13.1" }
description = {
  summary = "Lua utility libraries loosely based on the Python standard libraries",
  homepage = "https://lunarmodules.github.io/penlight",
  license = "MIT/X11",
  maintainer = "thijs@thijsschreijer.nl",
}
dependencies = { "lua >= 5.1" }
build = {
  type = "builtin",
  modules = {
    ["pl.compat"] = "pl/compat.lua",
    ["pl.List"] = "pl/List.lua",
  },
}
