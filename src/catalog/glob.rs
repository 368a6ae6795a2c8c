//! File patterns with `*`, `**` and `?`: pure.

/// Whether `path` is what the pattern names, or lies in a folder that it names.
pub fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let inside = pattern.ends_with('/') || is_plain(pattern);
    let folder = pattern.trim_end_matches('/');
    if inside && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) {
        return true;
    }
    let pattern: Vec<&str> = folder.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    parts_match(&pattern, &path)
}

fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

fn parts_match(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skip| parts_match(rest, &path[skip..])),
        (Some((part, rest)), Some((name, names))) => {
            part_matches(part.as_bytes(), name.as_bytes()) && parts_match(rest, names)
        }
        _ => false,
    }
}

fn part_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                // The last star takes one more byte.
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_name_files_and_folders() {
        let cases = [
            (".github/workflows/", ".github/workflows/ci.yaml", true),
            (".github", ".github/workflows/ci.yaml", true),
            ("*.hbs", "a.hbs", true),
            ("*.hbs", "b/a.hbs", false),
            ("**/*.hbs", "b/c/a.hbs", true),
            ("**/*.hbs", "a.hbs", true),
            ("a?c", "abc", true),
            ("a/**", "a/b/c", true),
            ("./a", "a", true),
            ("a", "ab", false),
            ("a*b*c", "aXbXbc", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
