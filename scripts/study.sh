# What scripts/study and scripts/study-assumptions share, read by both: `sdse`, the experiment's sweep, the page, a folder
# that goes when they end, and how tables come into the page.
root=$PWD
sdse=${SDSE:-build/release/sdse}
if [ ! -x "$sdse" ]; then
    scripts/setup
    cmake --preset release && cmake --build --preset release --target sdse_program
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
base=sweeps/smartexchange.yaml
page=docs/study.md

ask() { "$sdse" query "$db" -f md "$1"; }

# Puts $work/tables into the page, from a script's mark to the next one or the end.
write_page() {
    awk -v mark="<!-- made by $1 -->" -v tables="$work/tables" '
        /^<!-- made by / { skip = 0 }
        !skip { print }
        $0 == mark { while ((getline line <tables) > 0) print line; skip = 1; found = 1 }
        END { exit !found }' "$page" >"$work/page"
    cp "$work/page" "$page"
}
