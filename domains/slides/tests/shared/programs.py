# Thirty decks. Each begins at a line `#---- name`; what comes before the first is put in front of every one.
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.dml import MSO_LINE, MSO_THEME_COLOR
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Emu, Inches, Pt

prs = Presentation()
prs.slide_width, prs.slide_height = Inches(13.333), Inches(7.5)


def blank(layout=6):
    return prs.slides.add_slide(prs.slide_layouts[layout])


def paint(shape, color):
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor.from_string(color)
    shape.line.fill.background()
    shape.shadow.inherit = False
    return shape
#---- title
s = prs.slides.add_slide(prs.slide_layouts[0])
s.shapes.title.text = "Annual results"
s.placeholders[1].text = "What we did and what comes next"
#---- bullets
s = prs.slides.add_slide(prs.slide_layouts[1])
s.shapes.title.text = "Agenda"
frame = s.placeholders[1].text_frame
frame.text = "Introduction"
for level, line in enumerate(["Numbers", "Details of the numbers", "Smaller print"]):
    paragraph = frame.add_paragraph()
    paragraph.text, paragraph.level = line, level
#---- two_content
s = prs.slides.add_slide(prs.slide_layouts[3])
s.shapes.title.text = "Before and after"
s.placeholders[1].text = "Slow\nLarge"
s.placeholders[2].text = "Fast\nSmall"
#---- shapes
s = blank()
for i, kind in enumerate([MSO_SHAPE.RECTANGLE, MSO_SHAPE.OVAL, MSO_SHAPE.DIAMOND, MSO_SHAPE.CHEVRON]):
    paint(s.shapes.add_shape(kind, Inches(1 + 3 * i), Inches(2), Inches(2.5), Inches(2)), "3366AA")
#---- turned
s = blank()
for i, angle in enumerate([0, 15, 45, 90, 200]):
    shape = paint(s.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(0.7 + 2.4 * i), Inches(3), Inches(2), Inches(1)), "AA4422")
    shape.rotation = angle
#---- flipped
s = blank()
shape = paint(s.shapes.add_shape(MSO_SHAPE.RIGHT_TRIANGLE, Inches(2), Inches(2), Inches(3), Inches(2)), "227755")
shape._element.spPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}xfrm").set("flipH", "1")
shape = paint(s.shapes.add_shape(MSO_SHAPE.RIGHT_TRIANGLE, Inches(7), Inches(2), Inches(3), Inches(2)), "775522")
shape._element.spPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}xfrm").set("flipV", "1")
shape.rotation = 30
#---- connectors
s = blank()
for x, y, a, b in [(1, 1, 5, 4), (6, 4, 10, 1), (12, 6, 2, 5)]:
    line = s.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, Inches(x), Inches(y), Inches(a), Inches(b))
    line.line.width, line.line.color.rgb = Pt(3), RGBColor(200, 30, 30)
#---- group
s = blank()
group = s.shapes.add_group_shape()
paint(group.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(1), Inches(2), Inches(1)), "4455AA")
paint(group.shapes.add_shape(MSO_SHAPE.OVAL, Inches(4), Inches(2), Inches(2), Inches(2)), "AA5544")
#---- group_scaled
s = blank()
group = s.shapes.add_group_shape()
paint(group.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(1), Inches(2), Inches(1)), "4455AA")
paint(group.shapes.add_shape(MSO_SHAPE.OVAL, Inches(4), Inches(2), Inches(2), Inches(2)), "AA5544")
group.left, group.top, group.width, group.height = Inches(3), Inches(2), Inches(7.5), Inches(4.5)
#---- group_turned
s = blank()
group = s.shapes.add_group_shape()
paint(group.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(4), Inches(2), Inches(2), Inches(1)), "4455AA")
paint(group.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(7), Inches(4), Inches(2), Inches(1)), "AA5544").rotation = 20
group.rotation = 30
#---- group_nested
s = blank()
outer = s.shapes.add_group_shape()
inner = outer.shapes.add_group_shape()
paint(inner.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(2), Inches(2), Inches(2), Inches(1)), "225588")
paint(outer.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(6), Inches(4), Inches(2), Inches(1)), "885522")
outer.left, outer.top, outer.width, outer.height = Inches(1), Inches(1), Inches(9), Inches(4.5)
#---- pictures
s = blank()
s.shapes.add_picture("photo.png", Inches(1), Inches(1), height=Inches(3))
s.shapes.add_picture("portrait.png", Inches(6), Inches(1), height=Inches(4))
s.shapes.add_picture("photo.jpg", Inches(9), Inches(2), Inches(3.5), Inches(1))
#---- picture_cropped
s = blank()
picture = s.shapes.add_picture("photo.png", Inches(2), Inches(2), Inches(4), Inches(3))
picture.crop_left = picture.crop_right = 0.25
picture = s.shapes.add_picture("logo.png", Inches(8), Inches(2), Inches(2), Inches(2))
picture.rotation = 30
#---- picture_placeholder
s = prs.slides.add_slide(prs.slide_layouts[8])
s.shapes.title.text = "A place"
s.placeholders[1].insert_picture("photo.png")
s.placeholders[2].text = "as it was in spring"
#---- table
s = blank()
table = s.shapes.add_table(4, 3, Inches(2), Inches(1.5), Inches(9), Inches(3)).table
for r, row in enumerate([["Name", "Size", "Colour"], ["ash", "3", "grey"], ["oak", "7", "brown"], ["elm", "5", "green"]]):
    for c, text in enumerate(row):
        table.cell(r, c).text = text
#---- table_grown
s = blank()
table = s.shapes.add_table(3, 2, Inches(2), Inches(1), Inches(6), Inches(1)).table
table.cell(0, 0).text = "Long heads take several lines of a narrow column"
table.cell(1, 0).text = "short"
table.cell(2, 1).text = "and here is another text that does not fit into its row"
#---- table_merged
s = blank()
table = s.shapes.add_table(3, 3, Inches(2), Inches(2), Inches(8), Inches(3)).table
table.cell(0, 0).merge(table.cell(0, 2))
table.cell(0, 0).text = "All three"
table.cell(1, 0).merge(table.cell(2, 0))
table.cell(1, 0).text = "Both"
#---- chart_columns
s = blank()
data = CategoryChartData()
data.categories = ["north", "east", "south"]
data.add_series("now", (3, 5, 2))
data.add_series("then", (2, 4, 4))
chart = s.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1), Inches(10), Inches(5.5), data).chart
chart.has_legend = True
chart.legend.position = XL_LEGEND_POSITION.BOTTOM
#---- chart_pie
s = blank()
data = CategoryChartData()
data.categories = ["a", "b", "c"]
data.add_series("shares", (0.5, 0.3, 0.2))
s.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(3), Inches(1), Inches(6), Inches(5), data)
#---- chart_scatter
s = blank()
data = XyChartData()
series = data.add_series("points")
for x, y in [(1, 2), (2, 1), (3, 4), (4, 3)]:
    series.add_data_point(x, y)
s.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, Inches(1), Inches(1), Inches(8), Inches(5), data)
#---- text_overflow
s = blank()
box = s.shapes.add_textbox(Inches(4), Inches(2), Inches(2), Inches(0.6))
box.text_frame.word_wrap = True
box.text_frame.text = "This text is far too long for the small box that it was put into, and leaves it"
#---- text_sizes
s = blank()
box = s.shapes.add_textbox(Inches(1), Inches(1), Inches(11), Inches(5))
for size in (12, 18, 28, 44):
    paragraph = box.text_frame.add_paragraph()
    for word in ("plain", "bold"):
        run = paragraph.add_run()
        run.text, run.font.size, run.font.bold = f"{word} {size} ", Pt(size), word == "bold"
#---- text_colors
s = blank()
box = s.shapes.add_textbox(Inches(2), Inches(2), Inches(8), Inches(2))
run = box.text_frame.paragraphs[0].add_run()
run.text, run.font.color.rgb = "red ", RGBColor(220, 20, 20)
run = box.text_frame.paragraphs[0].add_run()
run.text, run.font.color.theme_color = "and of the theme", MSO_THEME_COLOR.ACCENT_3
#---- text_anchors
s = blank()
for i, (anchor, align) in enumerate([(MSO_ANCHOR.TOP, PP_ALIGN.LEFT), (MSO_ANCHOR.MIDDLE, PP_ALIGN.CENTER), (MSO_ANCHOR.BOTTOM, PP_ALIGN.RIGHT)]):
    shape = paint(s.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, Inches(1 + 4 * i), Inches(2), Inches(3), Inches(3)), "DDDDEE")
    shape.text_frame.text = "in its place"
    shape.text_frame.vertical_anchor = anchor
    shape.text_frame.paragraphs[0].alignment = align
    shape.text_frame.paragraphs[0].runs[0].font.color.rgb = RGBColor(20, 20, 60)
#---- cjk_emoji
s = prs.slides.add_slide(prs.slide_layouts[5])
s.shapes.title.text = "年度报告 😀"
s.shapes.add_textbox(Inches(1), Inches(3), Inches(8), Inches(1)).text_frame.text = "売上 ☀ Ωmega – naïve façade"
#---- background
s = blank()
s.background.fill.solid()
s.background.fill.fore_color.rgb = RGBColor(20, 40, 70)
box = s.shapes.add_textbox(Inches(2), Inches(3), Inches(8), Inches(1))
box.text_frame.text = "white on dark"
box.text_frame.paragraphs[0].runs[0].font.color.rgb = RGBColor(255, 255, 255)
#---- gradient
s = blank()
shape = s.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(2), Inches(1), Inches(8), Inches(5))
shape.fill.gradient()
shape.fill.gradient_angle = 45
shape.shadow.inherit = False
#---- freeform
s = blank()
builder = s.shapes.build_freeform(Inches(2), Inches(2))
builder.add_line_segments([(Inches(6), Inches(1)), (Inches(9), Inches(5)), (Inches(3), Inches(6))], close=True)
paint(builder.convert_to_shape(), "6633AA")
#---- eight_slides
for i in range(8):
    s = prs.slides.add_slide(prs.slide_layouts[1])
    s.shapes.title.text = f"Part {i + 1}"
    s.placeholders[1].text = "first\nsecond\nthird"
    paint(s.shapes.add_shape(MSO_SHAPE.OVAL, Inches(10), Inches(5), Inches(2), Inches(1.5)), "338866")
#---- four_by_three
prs.slide_width, prs.slide_height = Inches(10), Inches(7.5)
s = prs.slides.add_slide(prs.slide_layouts[5])
s.shapes.title.text = "Another shape of slide"
frame = s.shapes.add_textbox(Inches(1), Inches(2), Inches(6), Inches(1)).text_frame
frame.text, frame.auto_size = "fits its frame", MSO_AUTO_SIZE.SHAPE_TO_FIT_TEXT
shape = s.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(4), Inches(4), Inches(2))
shape.fill.background()
shape.line.width, shape.line.dash_style = Pt(3), MSO_LINE.DASH
