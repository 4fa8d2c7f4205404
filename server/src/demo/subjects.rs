//! What the sample sessions are about.

/// Chuyên đề.
pub const THEMATIC: [(&str, &str); 9] = [
    (
        "Chuyên đề giải ngân vốn đầu tư công",
        "Tiến độ giải ngân từng dự án; vướng mắc về giải phóng mặt bằng.",
    ),
    (
        "Chuyên đề cải cách hành chính và chuyển đổi số",
        "Dịch vụ công trực tuyến; số hóa hồ sơ; chỉ số cải cách hành chính.",
    ),
    (
        "Chuyên đề phòng cháy, chữa cháy rừng mùa khô",
        "Phương án bốn tại chỗ; trực cháy; tuyên truyền tại bản.",
    ),
    ("Chuyên đề xây dựng nông thôn mới", "Kết quả thực hiện tiêu chí; kế hoạch xã về đích."),
    ("Chuyên đề giảm nghèo bền vững", "Rà soát hộ nghèo; phân bổ vốn chương trình mục tiêu quốc gia."),
    (
        "Chuyên đề bảo đảm trật tự, an toàn giao thông",
        "Tình hình tai nạn; xử lý điểm đen trên Quốc lộ 12 và Quốc lộ 279.",
    ),
    ("Chuyên đề chuẩn bị năm học mới", "Cơ sở vật chất trường, lớp; bố trí giáo viên; học sinh bán trú."),
    ("Chuyên đề y tế cơ sở và phòng, chống dịch", "Tiêm chủng; trực dịch; bảo hiểm y tế."),
    ("Chuyên đề quản lý đất đai và khoáng sản", "Cấp giấy chứng nhận; xử lý vi phạm; giá đất."),
];

/// Điều phối, giải quyết công việc.
pub const COORDINATION: [(&str, &str); 6] = [
    ("Điều phối tiến độ giải phóng mặt bằng các dự án trọng điểm", "Mặt bằng còn vướng; thời hạn bàn giao."),
    (
        "Giải quyết vướng mắc trong sắp xếp dân cư vùng nguy cơ sạt lở",
        "Danh sách hộ; vị trí tái định cư; kinh phí.",
    ),
    ("Điều phối cung ứng giống, vật tư nông nghiệp vụ tới", "Nhu cầu từng huyện; nguồn cung; hỗ trợ."),
    ("Giải quyết kiến nghị của cử tri sau kỳ tiếp xúc", "Phân công trả lời; thời hạn."),
    ("Điều phối công tác bảo vệ biên giới và đối ngoại", "Tình hình các xã biên giới; phối hợp lực lượng."),
    ("Điều phối tổ chức Lễ hội Hoa Ban", "Kế hoạch; phân công; an ninh, hậu cần."),
];

/// Họp đột xuất: what for, why at once.
pub const URGENT: [(&str, &str); 4] = [
    (
        "Ứng phó mưa lớn, lũ quét, sạt lở đất",
        "Mưa lớn diện rộng trong 24 giờ tới, nguy cơ lũ quét và sạt lở đất",
    ),
    ("Khắc phục hậu quả mưa lũ, bảo đảm giao thông", "Nhiều tuyến đường bị sạt lở, một số bản bị chia cắt"),
    ("Ứng phó rét đậm, rét hại và chống rét cho gia súc", "Nhiệt độ vùng cao xuống dưới 5 độ C từ đêm nay"),
    ("Phòng, chống dịch tả lợn châu Phi", "Phát hiện ổ dịch mới tại hai xã"),
];

/// Họp chuyên môn.
pub const PROFESSIONAL: [(&str, &str); 5] = [
    ("Trao đổi nghiệp vụ văn thư, lưu trữ điện tử", "Lập hồ sơ công việc; nộp lưu trữ."),
    ("Hướng dẫn lập dự toán ngân sách", "Định mức; biểu mẫu; thời hạn nộp."),
    ("Trao đổi nghiệp vụ tiếp công dân, giải quyết khiếu nại", "Vụ việc kéo dài; chế độ báo cáo."),
    ("Rà soát an toàn thông tin hệ thống họp trực tuyến", "Đường truyền; thiết bị điểm cầu; tài khoản."),
    ("Hướng dẫn thống kê, báo cáo kinh tế - xã hội", "Chỉ tiêu; kỳ báo cáo; phần mềm."),
];

/// Why sessions were put off.
pub const PUT_OFF: [&str; 3] = [
    "Chủ trì dự họp Chính phủ cùng thời gian",
    "Sự cố cáp quang do sạt lở trên Quốc lộ 12",
    "Chờ văn bản hướng dẫn của bộ",
];

/// Why sessions were called off.
pub const CALLED_OFF: [&str; 2] =
    ["Ghép nội dung vào phiên giao ban tháng", "Nội dung đã được giải quyết bằng văn bản"];
