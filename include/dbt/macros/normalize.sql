{#- One spelling for values that people type in many: the same person must get the same key. Each macro
    returns a GoogleSQL expression of type STRING that is null where nothing usable is left. They are
    written without lookarounds and backreferences, which RE2 does not have. -#}

{#- E-mail in lower case without surrounding blanks; null where it cannot be an address. -#}
{% macro clean_email(column) -%}
    {%- set email = 'trim(lower(' ~ column ~ '))' -%}
    if(
        regexp_contains({{ email }}, r'^[a-z0-9_][a-z0-9.!#$%&*+/=?^_{|}~\x27-]*@([a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$'),
        {{ email }},
        null
    )
{%- endmacro %}

{#- The mailbox behind an address: plus-tags removed; Gmail ignores dots and has two names. -#}
{% macro normalize_email(column) -%}
    {%- set email = clean_email(column) -%}
    if(
        regexp_contains({{ email }}, r'@(gmail|googlemail)\.com$'),
        concat(replace(regexp_extract({{ email }}, r'^[^+@]+'), '.', ''), '@gmail.com'),
        regexp_replace({{ email }}, r'\+[^@]*@', '@')
    )
{%- endmacro %}

{#- Phone in E.164. Numbers without a country code are taken as North American (+1), whose shape is checked;
    an extension is cut. Null where too short, too long or a filler (all digits equal, 9876543210). -#}
{% macro normalize_phone(column) -%}
    {%- set phone -%}
        regexp_replace(
            regexp_replace(
                regexp_replace(lower({{ column }}), r'(ext|x|#|;|,).*$|\(0\)', ''), r'[^0-9+]', ''
            ),
            r'^(00|011)', '+'
        )
    {%- endset -%}
    case
        when length(replace(right({{ phone }}, 10), right({{ phone }}, 1), '')) = 0 then null
        when right({{ phone }}, 10) in ('9876543210', '2345678901') then null
        when regexp_contains({{ phone }}, r'^(\+?1)?[2-9][0-9]{2}[2-9][0-9]{6}$')
            then concat('+1', right({{ phone }}, 10))
        when regexp_contains({{ phone }}, r'^\+[2-9][0-9]{7,14}$') then {{ phone }}
    end
{%- endmacro %}

{#- Letters and digits in lower case with single blanks: diacritics folded, apostrophes and dots dropped,
    other punctuation is a blank. -#}
{% macro fold_text(column) -%}
    {%- set letters -%}
        regexp_replace(normalize(lower({{ column }}), nfkd), r'[\pM\x27\x{2019}\x{0060}.]', '')
    {%- endset -%}
    {%- set ascii -%}
        translate(replace(replace(replace({{ letters }}, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'øłđðı', 'olddi')
    {%- endset -%}
    nullif(trim(regexp_replace({{ ascii }}, r'[^\pL\pN]+', ' ')), '')
{%- endmacro %}

{#- Name of a person without title (Dr) and suffix (Jr, III, PhD). -#}
{% macro normalize_name(column) -%}
    regexp_replace(
        {{ fold_text(column) }},
        r'^((mr|mrs|ms|miss|mx|dr|prof) )+|( (jr|sr|ii|iii|iv|phd|md|esq))+$',
        ''
    )
{%- endmacro %}

{#- Name of a company without its legal form. -#}
{% macro normalize_company(column) -%}
    {%- set company = fold_text("replace(" ~ column ~ ", '&', ' and ')") -%}
    regexp_replace(
        {{ company }},
        r'^the |(( and)? (inc|incorporated|llc|lllp|llp|lp|ltd|limited|corp|corporation|co|company|plc|gmbh|ag|kg|ug|sa|sas|sarl|srl|spa|bv|nv|ab|as|oy|pty|pte|kk))+$',
        ''
    )
{%- endmacro %}

{#- Postal code: letters and digits in upper case; US ZIP+4 is cut to five digits. `country`: column with the
    country code or name; where it says US, a leading zero that a spreadsheet ate comes back. -#}
{% macro normalize_postcode(column, country=none) -%}
    {%- set code = "regexp_replace(upper(" ~ column ~ "), r'[^A-Z0-9]', '')" -%}
    case
        when regexp_contains({{ code }}, r'^[0-9]{9}$') then left({{ code }}, 5)
        {% if country -%}
        when
            regexp_contains({{ code }}, r'^[0-9]{3,4}$')
            and regexp_contains(upper({{ country }}), r'^(US|USA|UNITED STATES.*)$')
            then lpad({{ code }}, 5, '0')
        {% endif -%}
        else nullif({{ code }}, '')
    end
{%- endmacro %}
